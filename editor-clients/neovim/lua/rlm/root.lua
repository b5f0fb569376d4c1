-- Root directory: the folder that a question is about.
local message = require('rlm.message')

local M = {}

---@type string?
local chosen = nil

--- Lets every question be about this folder from now on.
---@param folder? string nil takes the choice back
function M.choose(folder)
  chosen = folder
end

--- Calls `use` with the folder that a question from a buffer is about: the chosen one, else that of the
--- answer which the buffer shows, else the one that the configuration finds for the buffer, as
--- `vim.lsp.enable` would.
---@param buffer integer
---@param use fun(root: string?)
function M.find(buffer, use)
  local config = vim.lsp.config.rlm
  local known = chosen or vim.b[buffer].rlm_root or config.root_dir
  if type(known) == 'function' then
    message.echo('looking for the folder …')
    return known(buffer, use)
  end
  use(known or vim.fs.root(buffer, config.root_markers or {}))
end

return M
