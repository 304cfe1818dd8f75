// Starts GraphiQL with this server's examples; a key stays in this tab and leaves it only as the Authorization header.
// Without one the session of /sign-in counts, whose cookie no script can read.
"use strict";
(function () {
  const examples = JSON.parse(document.getElementById("examples").textContent);
  const choice = document.getElementById("example");
  const keyBox = document.getElementById("key");
  const who = document.getElementById("who");

  const given = new URLSearchParams(location.hash.slice(1));
  if (given.get("key")) {
    sessionStorage.setItem("fenji.key", given.get("key"));
    history.replaceState(null, "", location.pathname); // the key does not stay in the address
  }
  keyBox.value = sessionStorage.getItem("fenji.key") || "";
  const authorization = () => (keyBox.value.trim() ? { Authorization: "Bearer " + keyBox.value.trim() } : {});

  for (const example of examples) choice.add(new Option(example.title, example.name));
  choice.value = examples.some((one) => one.name === given.get("example")) ? given.get("example") : examples[0].name;

  const send = (url, init) => fetch(url, { ...init, headers: { "X-Fenji-CSRF": "1", ...authorization(), ...init.headers } });
  const address = location.origin.replace(/^http/, "ws") + "/graphql";
  const fetcher = GraphiQL.createFetcher({
    url: "/graphql",
    fetch: send,
    wsClient: graphqlWs.createClient({ url: address, connectionParams: authorization, retryAttempts: 1 }),
  });

  async function greet() {
    who.textContent = "";
    const body = JSON.stringify({ query: "{ me { name roles { role } } }" });
    const answer = await send("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body });
    const found = await answer.json();
    who.textContent = found.data
      ? `${found.data.me.name} · ${found.data.me.roles.map((held) => held.role).join(", ")}`
      : keyBox.value.trim() ? "密钥无效 unknown key" : "未登录 not signed in";
  }

  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  function show() {
    const example = examples.find((one) => one.name === choice.value);
    root.render(
      React.createElement(GraphiQL, {
        fetcher,
        query: example.query,
        variables: example.variables,
        isHeadersEditorEnabled: false,
        shouldPersistHeaders: false,
        storage: { getItem: () => null, setItem() {}, removeItem() {}, clear() {}, length: 0 },
        defaultEditorToolsVisibility: "variables",
      }),
    );
  }
  choice.addEventListener("change", show);
  keyBox.addEventListener("change", () => {
    sessionStorage.setItem("fenji.key", keyBox.value.trim());
    greet();
  });
  show();
  greet();
})();
