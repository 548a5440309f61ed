-- Publishes passes under their own keys, for all users who still have theirs: a user may have given it up in between.
-- However late and however often it runs, no pass is published for longer than it lives.
--
-- KEYS  those of the line, then one for each user
-- ARGV  moment, then a user and a pass of 32 characters for each

local LINE_KEYS = 12

local function shown(pass)
  local part = string.sub
  return 'qr_' .. part(pass, 1, 8) .. '-' .. part(pass, 9, 12) .. '-' .. part(pass, 13, 16) .. '-' .. part(pass, 17, 20)
    .. '-' .. part(pass, 21)
end

local users = {}
for at = 2, #ARGV, 2 do users[#users + 1] = ARGV[at] end
for place, record in ipairs(fields_of(PLACES, users)) do
  local pass = ARGV[1 + 2 * place]
  local until_ms, own = string.match(record or '', '^I%d+,%-?%d+,%-?%d+,%d+,(%d+),(%x+)')
  if own == pass then redis.call('SET', KEYS[LINE_KEYS + place], shown(pass), 'PXAT', until_ms) end
end
