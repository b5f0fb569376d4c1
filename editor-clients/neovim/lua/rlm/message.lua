-- Messages: what belongs into the history of messages, and lines that come and go.
local M = {}

--- Says something that the user shall be able to read again (`:messages`).
---@param text string
---@param level? integer
function M.notify(text, level)
  vim.notify('RLM: ' .. text, level or vim.log.levels.INFO)
end

---@param text string
function M.error(text)
  M.notify(text, vim.log.levels.ERROR)
end

-- The command line and prompts are where lines are shown: nothing is while the user types there.
---@param text string
local function show(text)
  if vim.api.nvim_get_mode().mode:find('^[cr]') then
    return
  end
  vim.cmd.redraw() -- a message that is still being shown would make two lines of it
  vim.api.nvim_echo({ { vim.fn.strcharpart(text, 0, vim.v.echospace) } }, false, {})
end

--- Shows a line without making the user press Enter for it.
---@param line string
---@param title? string what the line is about
function M.echo(line, title)
  local text = ('%s: %s'):format(title or 'RLM', line):gsub('%s+', ' ')
  show(text)
end

--- Takes the line away.
function M.clear()
  show('')
end

return M
