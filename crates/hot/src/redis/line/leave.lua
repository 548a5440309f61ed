-- Gives up a ticket or a pass: the twin of `Line::leave`.
--
-- ARGV  moment, user
-- Returns 1 if the user had one.

if redis.call('EXISTS', LINE) == 0 then return 0 end
local user = ARGV[2]
local record = redis.call('HGET', PLACES, user)
touch()
if not record then return 0 end
local now = clock()
local state, entry, score, _, _, rest = read(record)
local left = 1
if state == 'W' or state == 'A' or state == 'R' then
  give_up_turn(user, state, entry, score, rest)
elseif state == 'I' then
  redis.call('ZREM', INSIDE, user)
  redis.call('DEL', PASS)
  if now >= tonumber(string.match(rest, '^%-?%d+')) then left = 0 end
else
  return 0
end
redis.call('HDEL', PLACES, user)
return left
