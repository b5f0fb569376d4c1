-- Finding the language client, or starting it where `vim.lsp.enable('rlm')` has not.
local attention = require('rlm.attention')
local message = require('rlm.message')

local M = {}

local POLL_MS = 20

---@param buffer integer
---@return vim.lsp.Client?
local function start(buffer)
  local config = vim.deepcopy(vim.lsp.config.rlm)
  config.root_dir = config.root_dir or vim.fs.root(buffer, config.root_markers or {})
  -- A help page or an answer is no document of the workspace.
  local id = vim.lsp.start(config, { bufnr = buffer, attach = vim.bo[buffer].buftype == '' })
  return id and vim.lsp.get_client_by_id(id)
end

---@param client vim.lsp.Client
---@param use fun(client: vim.lsp.Client)
local function when_ready(client, use)
  if client:is_stopped() then
    attention.when_normal(function()
      message.error('the server did not start; :checkhealth rlm may say why.')
    end)
  elseif client.initialized then
    use(client)
  else
    vim.defer_fn(function()
      when_ready(client, use)
    end, POLL_MS)
  end
end

--- Calls `use` with a client that can be asked, now or once it has started.
---@param buffer integer the buffer that the question comes from
---@param use fun(client: vim.lsp.Client)
function M.with(buffer, use)
  local client = vim.lsp.get_clients({ name = 'rlm', bufnr = buffer })[1]
    or vim.lsp.get_clients({ name = 'rlm' })[1]
    or start(buffer)
  if client then
    when_ready(client, use)
  else
    message.error('rlm-lsp cannot be started; :checkhealth rlm may say why.')
  end
end

return M
