-- Shows passes where others look for them, of all who still have theirs: in between somebody may have given it up.
--
-- KEYS  those of the line, then one for each of the people
-- ARGV  moment, the passes' life in ms, then a user and a pass of 32 characters for each

local LINE_KEYS = 8

local function shown(pass)
  local part = string.sub
  return 'qr_' .. part(pass, 1, 8) .. '-' .. part(pass, 9, 12) .. '-' .. part(pass, 13, 16) .. '-' .. part(pass, 17, 20)
    .. '-' .. part(pass, 21)
end

local users = {}
for at = 3, #ARGV, 2 do users[#users + 1] = ARGV[at] end
for place, record in ipairs(fields_of(PLACES, users)) do
  local pass = ARGV[2 + 2 * place]
  if record and string.sub(record, 1, 1) == 'I' and string.sub(record, -32) == pass then
    redis.call('SET', KEYS[LINE_KEYS + place], shown(pass), 'PX', ARGV[2])
  end
end
