-- Deletes published messages.
--
-- KEYS  outbox, policy
-- ARGV  for each entry: its id, the number of its messages

local handed = 0
for place = 1, #ARGV, 2 do
  if redis.call('XDEL', KEYS[1], ARGV[place]) == 1 then handed = handed + tonumber(ARGV[place + 1]) end
end
if handed > 0 and redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HINCRBY', KEYS[2], 'handed', handed) end
return handed
