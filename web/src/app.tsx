import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch } from "wouter";
import { api } from "./api/client";
import type { Me } from "./api/types";
import { localeOf, speak } from "./i18n";
import { forgetCopies } from "./screens/compose/safety-copy";
import { MeContext } from "./shell/me";
import { Shell } from "./shell/Shell";
import { SignIn } from "./shell/SignIn";
import { Button } from "./ui/Button";
import { Skeleton } from "./ui/Loaded";
import { Notice } from "./ui/Notice";
import { Toasts } from "./ui/Toasts";
import { errorWords } from "./words";

const Calendar = lazy(() => import("./screens/calendar/Calendar"));
const Compose = lazy(() => import("./screens/compose/Compose"));
const Drafts = lazy(() => import("./screens/Drafts"));
const Attention = lazy(() => import("./screens/attention/Attention"));
const Campaigns = lazy(() => import("./screens/Campaigns"));
const Profiles = lazy(() => import("./screens/profiles/Profiles"));
const PostPage = lazy(() => import("./screens/post/PostPage"));
const OAuthCallback = lazy(() => import("./screens/profiles/OAuthCallback"));
const NotFound = lazy(() => import("./screens/NotFound"));

type Start =
  | { state: "starting" }
  | { state: "out" }
  | { state: "in"; me: Me }
  | { state: "unreachable"; error: unknown };

export function App() {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const [start, setStart] = useState<Start>({ state: "starting" });

  useEffect(
    () =>
      api.onSession((session) => {
        if (session) {
          setStart((before) =>
            before.state === "in" && before.me.id === session.me.id ? before : { state: "in", me: session.me },
          );
        } else {
          queryClient.clear();
          setStart({ state: "out" });
        }
      }),
    [queryClient],
  );

  const resume = useCallback(() => {
    setStart({ state: "starting" });
    api.renew().catch((error: unknown) => setStart({ state: "unreachable", error }));
  }, []);
  useEffect(resume, [resume]);

  const language = start.state === "in" ? start.me.language : null;
  useEffect(() => {
    if (language) void speak(language);
  }, [language]);

  const changeMe = useCallback((me: Me) => setStart({ state: "in", me }), []);
  const signOut = useCallback(async () => {
    await forgetCopies();
    await api.signOut().catch(() => undefined);
  }, []);

  return (
    <I18nProvider locale={localeOf(i18n.language)}>
      {start.state === "starting" && (
        <div className="starting">
          <Skeleton rows={3} />
        </div>
      )}
      {start.state === "unreachable" && (
        <div className="starting">
          <Notice
            kind="error"
            title={t("common.notLoaded")}
            actions={<Button onClick={resume}>{t("common.retry")}</Button>}
          >
            <p>{errorWords(t, start.error)}</p>
          </Notice>
        </div>
      )}
      {start.state === "out" && <SignIn />}
      {start.state === "in" && (
        <MeContext value={start.me}>
          <Shell onMe={changeMe} onSignOut={signOut}>
            <Suspense fallback={<Skeleton />}>
              <Switch>
                <Route path="/">
                  <Redirect to="/calendar" replace />
                </Route>
                <Route path="/calendar" component={Calendar} />
                <Route path="/compose/:id?">{({ id }) => <Compose {...(id ? { id } : {})} />}</Route>
                <Route path="/drafts" component={Drafts} />
                <Route path="/attention" component={Attention} />
                <Route path="/campaigns" component={Campaigns} />
                <Route path="/profiles" component={Profiles} />
                <Route path="/posts/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
                <Route path="/oauth/callback" component={OAuthCallback} />
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </Shell>
        </MeContext>
      )}
      <Toasts />
    </I18nProvider>
  );
}
