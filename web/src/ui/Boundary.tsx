import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Notice } from "./Notice";

function Broken() {
  const { t } = useTranslation();
  return (
    <div className="page">
      <Notice
        kind="error"
        title={t("common.screenBroken")}
        actions={<Button onClick={() => window.location.reload()}>{t("common.reload")}</Button>}
      >
        <p>{t("common.screenBrokenWords")}</p>
      </Notice>
    </div>
  );
}

/** Keeps the frame (and with it the pause) standing when a screen fails, or could not be fetched. */
export class Boundary extends Component<{ place: string; children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate(before: { place: string }) {
    if (this.state.broken && before.place !== this.props.place) this.setState({ broken: false });
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}
