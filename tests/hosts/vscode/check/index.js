// Runs inside VS Code: lets its own MCP client start the server of .vscode/mcp.json, and uses the tools as a
// language model would; then looks at what the extension does.
const vscode = require("vscode");
const { answerLeavesTheFocus } = require("./extension");

const SCRIPT = {
  rlm_query: { question: "Where is `greet` defined?" },
  rlm_repl: { code: "list(context)" },
};
const EXPECTED = "greeting.py";
const PATIENCE_MS = 90_000;

function ours() {
  return vscode.lm.tools.filter((tool) => /rlm_\w+$/.test(tool.name));
}

async function toolsOfTheServer() {
  const deadline = Date.now() + PATIENCE_MS;
  while (ours().length === 0) {
    if (Date.now() > deadline) throw new Error(`No tool of the server among ${vscode.lm.tools.map((t) => t.name)}`);
    await vscode.commands.executeCommand("workbench.mcp.startServer", "*", { waitForLiveTools: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return ours();
}

exports.run = async () => {
  const tools = await toolsOfTheServer();
  console.log(`VS Code ${vscode.version} lists ${tools.map((tool) => tool.name).join(", ")}`);
  for (const [name, input] of Object.entries(SCRIPT)) {
    const tool = tools.find((tool) => tool.name.endsWith(name));
    if (tool === undefined) continue;
    const result = await vscode.lm.invokeTool(tool.name, { input, toolInvocationToken: undefined });
    const text = result.content.map((part) => part.value ?? "").join("");
    if (!text.includes(EXPECTED)) throw new Error(`${name} answered: ${text}`);
    console.log(`${name} gave the model: ${text.slice(0, 400)}`);
  }
  await answerLeavesTheFocus();
};
