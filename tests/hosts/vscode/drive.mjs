// Starts the VS Code server of code-server, opens it in a headless Chromium and runs the check inside.
//
//   node drive.mjs FOLDER DATA_FOLDER        with code-server and puppeteer-core in NODE_PATH
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(path.join(process.env.NODE_PATH, "drive.mjs"));
const puppeteer = require("puppeteer-core");
const [folder, data] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const port = 8345;
const main = path.join(process.env.NODE_PATH, "code-server/lib/vscode/out/server-main.js");

const server = spawn(
  process.execPath,
  [
    main, "--host", "127.0.0.1", "--port", String(port), "--without-connection-token",
    "--accept-server-license-terms", "--enable-smoke-test-driver", "--disable-workspace-trust",
    "--disable-telemetry", "--server-data-dir", data,
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
await new Promise((resolve, reject) => {
  server.stdout.on("data", (text) => String(text).includes("listening") && resolve());
  server.on("exit", (code) => reject(new Error(`the VS Code server ended with ${code}`)));
});

// Presses the keys that the check asks for: nothing inside of VS Code can.
async function press(page, [what, ...rest]) {
  if (what === "answer-prompt") {
    const prompt = await page.waitForSelector(".quick-input-widget input[type=text]", { visible: true });
    await prompt.type(rest.join(" "));
    await page.keyboard.press("Enter");
    await page.waitForSelector(".quick-input-widget", { hidden: true });
  } else {
    await page.keyboard.type(`${rest.join(" ")} `);
  }
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const log = [];
let code = 1;
try {
  const page = await browser.newPage();
  const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
  let pressing = Promise.resolve();
  await page.exposeFunction("codeAutomationLog", (type, args) => {
    const line = args.join(" ");
    log.push(line);
    if (line.startsWith("drive ")) {
      pressing = pressing.then(() => press(page, line.split(" ").slice(1))).catch((error) => log.push(String(error)));
    }
  });
  const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
  const payload = [
    ["extensionDevelopmentPath", remote(path.join(here, "check"))],
    ["extensionDevelopmentPath", remote(path.join(here, "../../../editor-clients/vscode"))],
    ["extensionTestsPath", remote(path.join(here, "check", "index.js"))],
  ];
  await page.goto(
    `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
  );
  const late = new Promise((resolve) => setTimeout(resolve, 150_000, "no answer in 150 s"));
  code = await Promise.race([ended, late]);
} finally {
  await browser.close();
  server.kill();
}
if (code === 0) console.log(log.filter((line) => /^(VS Code|rlm_)/.test(line)).join("\n"));
else console.error([...log.slice(-40), `The check inside VS Code failed: ${code}`].join("\n"));
process.exit(code === 0 ? 0 : 1);
