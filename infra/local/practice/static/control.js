// Switches faults on and off for publishing; what is in force is read from the server every two seconds.
(() => {
  const words = JSON.parse(document.querySelector("main").dataset.words);
  const shown = document.getElementById("rules");
  let rules = [];

  const show = (problem) => {
    shown.replaceChildren();
    const lines = problem
      ? [words.failed + problem]
      : rules.map((r) => {
          const share = r.count ? `${r.fired}/${r.count}` : `${Math.round(r.probability * 100)} %`;
          return `${r.kind} · ${r.operation ?? "*"} · ${share} · ${words.fired}: ${r.fired}`;
        });
    for (const line of lines.length ? lines : [words.none_on]) {
      const item = document.createElement("li");
      item.textContent = line;
      shown.append(item);
    }
  };

  const call = async (method, body) => {
    try {
      const answer = await fetch("/practice/faults", {
        method,
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body && JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      rules = answer.status === 204 ? [] : (await answer.json()).rules;
      show();
    } catch (e) {
      show(e.message);
    }
  };

  document.querySelector("table").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { kind, count, probability } = button.dataset;
    const rule = { kind, operation: kind === "latency" ? undefined : "publish" };
    if (count) rule.count = Number(count);
    if (probability) rule.probability = Number(probability);
    const others = rules.filter((r) => r.kind !== kind && !(r.count && r.fired >= r.count));
    call("PUT", [...others, rule]);
  });
  document.getElementById("off").addEventListener("click", () => call("DELETE"));
  call("GET");
  setInterval(() => { if (!document.hidden) call("GET"); }, 2000);
})();
