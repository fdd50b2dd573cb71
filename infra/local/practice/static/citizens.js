// Sends what a citizen writes, starts storms, and shows how far they are. Answers in JSON; nothing here is HTML.
(() => {
  const post = async (path, body) => {
    const answer = await fetch(`/practice/citizens/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error?.hint ?? String(answer.status));
    return said;
  };
  const say = (form, words) => { form.querySelector("[role=status]").textContent = words; };
  const sending = async (form, act) => {
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    say(form, "");
    try {
      await act();
    } catch (e) {
      say(form, form.dataset.failed + e.message);
    }
    for (const button of buttons) button.disabled = false;
  };

  for (const form of document.querySelectorAll("form[data-act=write]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sending(form, async () => {
        const fields = form.elements;
        const [network, mention] = fields.to ? fields.to.value.split("|") : [form.dataset.network, form.dataset.mention];
        const body = { network, text: fields.text.value, private: Boolean(fields.private?.checked) };
        if (fields.author.value.trim()) body.author = fields.author.value.trim();
        if (mention) body.mention = mention;
        if (form.dataset.reply_to) body.reply_to = form.dataset.reply_to;
        const { written } = await post("write", body);
        fields.text.value = "";
        if (form.dataset.reply_to) location.reload();
        else location.href = new URL(written[0].url).pathname;
      });
    });
  }

  for (const form of document.querySelectorAll("form[data-act=comment]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sending(form, async () => {
        const { text, author } = form.elements;
        await post(`../${form.dataset.network}/comments`, {
          post: form.dataset.post, text: text.value, author: author.value.trim() || author.placeholder,
        });
        location.reload();
      });
    });
  }

  const storm = document.getElementById("storm");
  if (!storm) return;
  const list = document.getElementById("floods");
  const words = JSON.parse(list.dataset.words);

  const show = (floods) => {
    list.replaceChildren();
    for (const flood of floods.slice(0, 5)) {
      const item = document.createElement("li");
      const state = flood.state === "failed" ? `${words.failed_flood} (${flood.error})` : words[flood.state];
      const shown = document.createElement("span");
      shown.textContent = `${words[`topic_${flood.topic}`]} · ${flood.written} / ${flood.messages} · ${state}`;
      const bar = document.createElement("progress");
      bar.max = flood.messages;
      bar.value = flood.written;
      bar.setAttribute("aria-label", shown.textContent);
      item.append(shown, bar);
      if (flood.state === "running") {
        const stop = document.createElement("button");
        stop.className = "plain";
        stop.textContent = words.stop;
        stop.addEventListener("click", async () => {
          await fetch(`/practice/citizens/flood/${flood.id}`, { method: "DELETE" });
          refresh();
        });
        item.append(stop);
      }
      list.append(item);
    }
    if (!floods.length) {
      const item = document.createElement("li");
      item.textContent = words.no_flood;
      list.append(item);
    }
  };
  const refresh = async () => {
    try {
      show((await (await fetch("/practice/citizens/flood")).json()).floods);
    } catch {
      // The server is away: what is shown stays until it is back.
    }
  };

  storm.addEventListener("submit", (event) => {
    event.preventDefault();
    sending(storm, async () => {
      const fields = storm.elements;
      const to = {};
      for (const select of storm.querySelectorAll("select[name^=to-]")) {
        if (select.value) to[select.name.slice(3)] = select.value;
      }
      const kind = event.submitter?.value ?? "flood";
      const body = { to, language: fields.language.value, over_s: Math.round(Number(fields.minutes.value) * 60) };
      if (kind === "flood") Object.assign(body, { topic: fields.topic.value, messages: Number(fields.messages.value) });
      await post(kind, body);
      await refresh();
    });
  });
  refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, 1500);
})();
