-- Records a user's outcome. The first outcome stands, and there is none before a draw: the twin of `Line::finish`.
--
-- ARGV  (no moment), user, "I" or "S"
-- Returns 1 if the user has an outcome now.

if redis.call('EXISTS', LINE) == 0 then return 0 end
local user = ARGV[2]
local record = redis.call('HGET', PLACES, user)
touch()
local draw = redis.call('HMGET', LINE, 'draw', 'drawn')
if not record or is_undrawn(draw[1], draw[2]) then return 0 end
local state, entry, score, heard, shown, rest = read(record)
if state == 'F' then return 1 end
if state == 'W' or state == 'A' or state == 'R' then
  give_up_turn(user, state, entry, score, rest)
elseif state == 'P' then
  redis.call('ZREM', PROCESSING, user)
  redis.call('HDEL', PROCESSING_TICKETS, user)
else
  redis.call('ZREM', INSIDE, user)
  redis.call('DEL', PASS)
end
redis.call('HSET', PLACES, user, record_of('F', entry, score, heard, shown, ARGV[3]))
redis.call('ZADD', REMEMBERED, heard, user)
redis.call('HINCRBY', LINE, 'finished', 1)
return 1
