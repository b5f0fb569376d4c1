-- :checkhealth rlm
local M = {}

local function check_server(cmd)
  if type(cmd) ~= 'table' then
    return vim.health.info('`cmd` is a function; what it starts is not checked')
  end
  if vim.fn.executable(cmd[1]) == 0 then
    return vim.health.error(('`%s` is not executable'):format(cmd[1]), {
      'Install it: uv tool install . (in a clone of rlm-mcp; it is not on the package index)',
      "Or say where it is: vim.lsp.config('rlm', { cmd = { '/path/to/rlm-lsp' } })",
    })
  end
  local result = vim.system(vim.list_extend(vim.deepcopy(cmd), { '--version' }), { timeout = 10000 }):wait()
  if result.code == 0 then
    vim.health.ok(vim.trim(result.stdout))
  else
    vim.health.error(('`%s --version` failed: %s'):format(table.concat(cmd, ' '), vim.trim(result.stderr or '')))
  end
end

function M.check()
  vim.health.start('rlm')
  if vim.fn.has('nvim-0.11') == 0 then
    return vim.health.error('Neovim 0.11 or newer is needed')
  end
  if not vim.lsp.config.rlm then
    return vim.health.error('lsp/rlm.lua is not on the runtimepath; is the plugin installed as a whole?')
  end
  check_server(vim.lsp.config.rlm.cmd)
  local clients = vim.lsp.get_clients({ name = 'rlm' })
  for _, client in ipairs(clients) do
    vim.health.ok(('running for %s'):format(client.root_dir or 'no folder'))
  end
  if #clients == 0 then
    vim.health.info("not running; :Rlm ask starts it, vim.lsp.enable('rlm') starts it with the first file")
  end
  local model = vim.env.OPENAI_API_KEY or vim.env.OPENAI_BASE_URL
  vim.health.info(
    model and 'a model is configured in the environment'
      or 'no model in the environment: unless your own rlm.toml names one, answers come from the offline model'
  )
end

return M
