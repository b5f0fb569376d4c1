if vim.g.loaded_rlm then
  return
end
vim.g.loaded_rlm = true

vim.api.nvim_create_user_command('Rlm', function(opts)
  require('rlm').command(opts)
end, {
  desc = 'Ask questions about the workspace',
  nargs = '*',
  range = true,
  complete = function(lead, line)
    return require('rlm').complete(lead, line)
  end,
})
