-- The configuration that `vim.lsp.enable('rlm')` uses; see :help rlm-config.
---@type vim.lsp.Config
return {
  cmd = { 'rlm-lsp' },
  -- No filetypes: unsaved text of every buffer belongs to the context.
  root_markers = { 'rlm.toml', '.git' },
}
