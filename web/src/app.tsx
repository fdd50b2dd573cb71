import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { api } from "./api/client";
import type { Me } from "./api/types";
import { EnrolGate } from "./door/EnrolGate";
import { SignIn } from "./door/SignIn";
import { localeOf, speak } from "./i18n";
import { forgetCopies } from "./screens/compose/safety-copy";
import {
  AlertPage,
  Alerts,
  Approvals,
  Attention,
  Calendar,
  Campaigns,
  Compose,
  Drafts,
  fetchAhead,
  Import,
  Inbox,
  NotFound,
  Notifications,
  OAuthCallback,
  People,
  PostPage,
  Profiles,
  ReportPage,
  Reports,
  Security,
  Workflows,
} from "./screens/screens";
import { MeContext } from "./shell/me";
import { Shell } from "./shell/Shell";
import { Boundary } from "./ui/Boundary";
import { Button } from "./ui/Button";
import { Skeleton } from "./ui/Loaded";
import { Notice } from "./ui/Notice";
import { Toasts } from "./ui/Toasts";
import { errorWords } from "./words";

/** Policy demands a second factor of them and they have none: they get no further than to setting it up. */
const mustEnrol = (me: Me) => me.second_factor.required && !me.second_factor.enrolled;

type Start =
  | { state: "starting" }
  | { state: "out" }
  | { state: "in"; me: Me }
  | { state: "unreachable"; error: unknown };

export function App() {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const [location] = useLocation();
  const [start, setStart] = useState<Start>({ state: "starting" });

  useEffect(
    () =>
      api.onSession((session) => {
        if (session) {
          setStart((before) =>
            before.state === "in" && before.me.id === session.me.id && mustEnrol(before.me) === mustEnrol(session.me)
              ? before
              : { state: "in", me: session.me },
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

  const signedIn = start.state === "in";
  useEffect(() => (signedIn ? fetchAhead() : undefined), [signedIn]);

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
      {start.state === "in" && mustEnrol(start.me) && <EnrolGate onMe={changeMe} onSignOut={signOut} />}
      {start.state === "in" && !mustEnrol(start.me) && (
        <MeContext value={start.me}>
          <Shell onMe={changeMe} onSignOut={signOut}>
            <Boundary place={location}>
              <Suspense fallback={<Skeleton />}>
                <Switch>
                  <Route path="/">
                    <Redirect to="/calendar" replace />
                  </Route>
                  <Route path="/calendar" component={Calendar} />
                  <Route path="/calendar/import" component={Import} />
                  <Route path="/compose/:id?">{({ id }) => <Compose {...(id ? { id } : {})} />}</Route>
                  <Route path="/drafts" component={Drafts} />
                  <Route path="/attention" component={Attention} />
                  <Route path="/campaigns" component={Campaigns} />
                  <Route path="/profiles" component={Profiles} />
                  <Route path="/posts/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
                  <Route path="/approvals" component={Approvals} />
                  <Route path="/workflows" component={Workflows} />
                  <Route path="/reports" component={Reports} />
                  <Route path="/reports/:id">{({ id }) => <ReportPage key={id} id={id} />}</Route>
                  <Route path="/inbox/:id?/:pane?">
                    {({ id, pane }) => <Inbox {...(id ? { id } : {})} {...(pane ? { pane } : {})} />}
                  </Route>
                  <Route path="/alerts" component={Alerts} />
                  <Route path="/alerts/:id">{({ id }) => <AlertPage key={id} id={id} />}</Route>
                  <Route path="/notifications" component={Notifications} />
                  <Route path="/security">
                    <Security onMe={changeMe} />
                  </Route>
                  <Route path="/people" component={People} />
                  <Route path="/oauth/callback" component={OAuthCallback} />
                  <Route component={NotFound} />
                </Switch>
              </Suspense>
            </Boundary>
          </Shell>
        </MeContext>
      )}
      <Toasts />
    </I18nProvider>
  );
}
