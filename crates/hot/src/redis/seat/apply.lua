-- Writes what a caller has worked out from the whole book, each record only if it is still as it was read. Makes the sequence
-- if there is none, and lets the keys live on.
--
-- ARGV  moment; for each seat: its id, the record that was read or "", the record to write or "", "1" if that is a change that
--       anybody sees
-- Returns {number of records written, the sequence}

local wishes, seats = {}, {}
while at < #ARGV do
  local one = { seat = take() }
  one.read, one.record, one.counts = take(), take(), take() == '1'
  seats[#seats + 1] = one.seat
  wishes[#wishes + 1] = one
end
load(seats)

local count = 0
for _, one in ipairs(wishes) do
  if (was[one.seat] or '') == one.read then
    count = count + 1
    stands[one.seat] = one.record ~= '' and read(one.record)
    written[one.seat] = true
    moved = moved or one.counts
  end
end
count_change()
return { count, text(flush(true, 0)) }
