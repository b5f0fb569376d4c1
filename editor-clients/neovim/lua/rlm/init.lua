-- The :Rlm command, and the one question that is being answered.
local attention = require('rlm.attention')
local message = require('rlm.message')

local M = {}

---@class rlm.Running
---@field client vim.lsp.Client
---@field request integer
---@field title? string the server's name for what it works on

---@type rlm.Running?
local running = nil

---@return boolean
local function is_running()
  if running and running.client:is_stopped() then
    running = nil
    message.error('the server has ended; :checkhealth rlm may say why.')
  end
  return running ~= nil
end

local function show_progress()
  vim.api.nvim_create_autocmd('LspProgress', {
    group = vim.api.nvim_create_augroup('rlm.progress', {}),
    callback = function(event)
      if not running then
        return true
      end
      local value = event.data.params.value
      if event.data.client_id ~= running.client.id then
        return
      end
      running.title = value.title or running.title -- comes with the first report only
      if value.message then
        message.echo(value.message, running.title)
      end
    end,
  })
end

-- The selection as LSP's Range. Vim's command line knows lines only: the columns are those of the
-- visual marks, if the lines are.
---@param client vim.lsp.Client
---@param buffer integer
---@param lines { [1]: integer, [2]: integer }
---@return lsp.Range
local function to_range(client, buffer, lines)
  local first = vim.api.nvim_buf_get_mark(buffer, '<')
  local last = vim.api.nvim_buf_get_mark(buffer, '>')
  if vim.fn.visualmode() == 'v' and first[1] == lines[1] and last[1] == lines[2] then
    return vim.lsp.util.make_given_range_params(first, last, buffer, client.offset_encoding).range
  end
  return { start = { line = lines[1] - 1, character = 0 }, ['end'] = { line = lines[2], character = 0 } }
end

---@param client vim.lsp.Client
---@param question string
---@param asked_at rlm.Place
---@param lines? { [1]: integer, [2]: integer }
local function send(client, question, asked_at, lines)
  local buffer = asked_at.buffer
  local params = { question = question }
  if lines then
    params.textDocument = vim.lsp.util.make_text_document_params(buffer)
    params.range = to_range(client, buffer, lines)
  end
  local sent, request = client:request('rlm/ask', params, function(err, answer)
    running = nil
    message.clear()
    if err then
      return attention.when_normal(function()
        message.error(err.message)
      end)
    end
    require('rlm.answer').receive(question, answer, client.root_dir, asked_at)
  end, buffer)
  if not sent then
    return message.error('the server has ended; :checkhealth rlm may say why.')
  end
  running = { client = client, request = request }
  show_progress()
  message.echo('asking …')
end

--- Asks about the workspace, or about lines of the current buffer.
---@param question string prompted for when empty
---@param lines? { [1]: integer, [2]: integer } first and last line, from 1
function M.ask(question, lines)
  if is_running() then
    return message.notify('a question is being answered; :Rlm cancel ends it.', vim.log.levels.WARN)
  end
  local asked_at = attention.place()
  local function go(text)
    if not text or vim.trim(text) == '' then
      return
    end
    require('rlm.client').with(asked_at.buffer, function(client)
      send(client, text, asked_at, lines)
    end)
  end
  if vim.trim(question) == '' then
    vim.ui.input({ prompt = lines and 'Ask about the selection: ' or 'Ask about the workspace: ' }, go)
  else
    go(question)
  end
end

--- Opens the latest answer, or goes to it.
function M.open()
  require('rlm.answer').open()
end

--- Chooses the folder that every question is about from now on, whatever buffer it comes from.
---@param folder string empty: each buffer's own project again
function M.root(folder)
  if folder == '' then
    require('rlm.root').choose(nil)
    return message.notify('questions are about the project of the buffer again.')
  end
  local path = vim.fs.normalize(vim.fn.fnamemodify(vim.fs.normalize(folder), ':p'))
  if vim.fn.isdirectory(path) == 0 then
    return message.error(('there is no folder %s.'):format(path))
  end
  require('rlm.root').choose(path)
  message.notify(('questions are about %s from now on.'):format(vim.fn.fnamemodify(path, ':~')))
end

--- Ends the question that is being answered; the run behind it really stops.
function M.cancel()
  if not is_running() then
    return message.notify('no question is being answered.')
  end
  -- Neovim does not call the handler of a cancelled request.
  running.client:cancel_request(running.request)
  running = nil
  message.notify('cancelled.')
end

local subcommands = {
  ask = function(rest, opts)
    M.ask(rest, opts.range > 0 and { opts.line1, opts.line2 } or nil)
  end,
  cancel = function()
    M.cancel()
  end,
  open = function()
    M.open()
  end,
  root = function(rest)
    M.root(vim.trim(rest))
  end,
}

---@return string[]
local function names()
  local sorted = vim.tbl_keys(subcommands)
  table.sort(sorted)
  return sorted
end

--- Runs `:Rlm`.
---@param opts vim.api.keyset.create_user_command.command_args
function M.command(opts)
  local name, rest = opts.args:match('^(%S*)%s*(.*)$')
  local run = subcommands[name]
  if not run then
    local what = name == '' and ':Rlm needs a subcommand' or ('there is no :Rlm ' .. name)
    return message.notify(what .. '; there is ' .. table.concat(names(), ', ') .. '.', vim.log.levels.ERROR)
  end
  run(rest, opts)
end

--- Completes the subcommand of `:Rlm`, and the folder of `:Rlm root`.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  if line:match('Rlm%s+root%s+%S*$') then
    return vim.fn.getcompletion(lead, 'dir')
  end
  if not line:match('Rlm%s+%S*$') then
    return {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names())
end

return M
