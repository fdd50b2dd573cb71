import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog, Heading, ModalOverlay, Modal as Sheet } from "react-aria-components";
import { useTranslation } from "react-i18next";

type Props = {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** For a question that must be answered; a click beside it does not close it. */
  alert?: boolean;
  wide?: boolean;
};

/** A dialog in the middle of a wide screen and at the bottom, in reach of a thumb, of a narrow one. */
export function Modal({ title, onClose, children, alert, wide }: Props) {
  const { t } = useTranslation();
  return (
    <ModalOverlay className="overlay" isOpen isDismissable={!alert} onOpenChange={(open) => !open && onClose()}>
      <Sheet className={`modal${wide ? " modal--wide" : ""}`}>
        <Dialog className="modal__dialog" role={alert ? "alertdialog" : "dialog"}>
          <header className="modal__head">
            <Heading slot="title" className="modal__title">
              {title}
            </Heading>
            <button type="button" className="icon-button" aria-label={t("common.close")} onClick={onClose}>
              <X size={20} aria-hidden="true" />
            </button>
          </header>
          {children}
        </Dialog>
      </Sheet>
    </ModalOverlay>
  );
}
