-- The configuration that `vim.lsp.enable('rlm')` uses; see :help rlm-config.
local markers = { 'rlm.toml', '.git' }

---@type vim.lsp.Config
return {
  cmd = { 'rlm-lsp' },
  -- No filetypes: unsaved text of every buffer belongs to the context.
  -- The nearest folder with either. Since 0.12 a plain list would be one of descending priority.
  root_markers = vim.fn.has('nvim-0.12') == 1 and { markers } or markers,
  -- A folder that nobody has chosen is not read. (0.11 starts the server, which opens nothing.)
  workspace_required = true,
}
