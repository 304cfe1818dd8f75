// Begins and ends a session: the key goes to the server once and is kept nowhere; the cookie is out of this script's reach.
"use strict";
(function () {
  const key = document.getElementById("key");
  const out = document.getElementById("out");
  const who = document.getElementById("who");
  const problem = document.getElementById("problem");
  const ask = (method, body) =>
    fetch("/session", { method, body, headers: { "X-Fenji-CSRF": "1", "content-type": "application/json" } });

  async function show(answer) {
    const found = answer.ok ? await answer.json() : null;
    who.textContent = found ? `${found.name} · ${found.roles.join(", ")}` : "未登录 not signed in";
    out.hidden = !found;
    return found;
  }

  document.getElementById("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const answer = await ask("POST", JSON.stringify({ key: key.value.trim() }));
    key.value = "";
    if (answer.ok) {
      sessionStorage.removeItem("fenji.key");
      location.assign("/graphql");
    } else {
      problem.textContent = "密钥无效 unknown key";
    }
  });
  out.addEventListener("click", async () => {
    await ask("DELETE");
    await show(await ask("GET"));
  });
  ask("GET").then(show);
})();
