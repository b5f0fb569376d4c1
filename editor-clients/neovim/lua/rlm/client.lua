-- The language client of a folder: found, or started where `vim.lsp.enable('rlm')` has not.
local attention = require('rlm.attention')
local message = require('rlm.message')
local root = require('rlm.root')

local M = {}

local POLL_MS = 20

-- The client for a folder, which is started if there is none; the buffer's unsaved text is part of it.
---@param folder string
---@param buffer integer
---@return vim.lsp.Client?
local function find_or_start(folder, buffer)
  local config = vim.deepcopy(vim.lsp.config.rlm)
  config.root_dir = folder
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

--- Calls `use` with the client to ask from a buffer, now or once it has started.
---@param buffer integer the buffer that the question comes from
---@param use fun(client: vim.lsp.Client)
function M.with(buffer, use)
  root.find(buffer, function(folder)
    if not folder then
      return message.error(
        'no project was found for this buffer (no rlm.toml or .git above it); :Rlm root DIR chooses a folder.'
      )
    end
    local client = find_or_start(folder, buffer)
    if client then
      when_ready(client, use)
    else
      message.error('rlm-lsp cannot be started; :checkhealth rlm may say why.')
    end
  end)
end

return M
