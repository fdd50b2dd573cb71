// Shows times in the reader's own zone, and asks for the list again while the page is looked at.
(() => {
  const list = document.getElementById("posts");
  const format = new Intl.DateTimeFormat(document.documentElement.lang === "fr" ? "fr" : "en-GB", { dateStyle: "medium", timeStyle: "medium" });
  const localise = () => {
    for (const time of document.querySelectorAll("time")) time.textContent = format.format(new Date(time.dateTime));
  };
  localise();
  if (!list) return;

  const SOON = 2000;
  const LATE = 30000;
  let etag = list.dataset.etag;
  let wait = SOON;
  const ask = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(list.dataset.fragment, { headers: { "If-None-Match": etag }, cache: "no-store" });
        if (answer.status === 200) {
          const held = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
          list.innerHTML = await answer.text(); // the server has escaped everything; scripts in it would not run
          etag = answer.headers.get("ETag");
          localise();
          if (held) [...list.querySelectorAll("a")].find((a) => a.getAttribute("href") === held)?.focus();
        }
        wait = answer.status === 200 ? SOON : Math.min(wait * 1.1, 10000);
      } catch {
        wait = Math.min(wait * 2, LATE);
      }
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
  document.addEventListener("visibilitychange", () => { wait = SOON; });
})();
