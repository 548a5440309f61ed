# Choosing seats. Texts whose ids begin with `seats-js-` are the script's.
seats-title = Choose your seats
seats-when = {$date}, {$time}
seats-free-now = Free right now: {$count}
seats-held-now = {$count} more are being paid for and may come back.
seats-none-now = Nothing is free at the moment. {$count} seats are being paid for and may come back: you can wait on this page.
seats-all-sold = Every seat is sold.
seats-steps = Say how many you are and press “Best seats together”: they are yours at once. Or pick them yourself.

seats-party = How many people?
seats-party-of = {$count}
seats-grade = Price
seats-grade-any = Any
seats-grade-of = {$grade} · {$price}
seats-wheelchair = I need a wheelchair space
seats-best = Best seats together
seats-best-note = We hold the free seats nearest to the stage that are side by side. You can change them before you pay.

seats-map = Seat map
seats-map-skip = Skip the map, go to the list of sections
seats-stage = Stage
seats-sections = Sections
seats-sections-name = Section
seats-sections-grade = Prices
seats-sections-left = Free
seats-section-left = {$count} free
seats-section-none = Sold out
seats-section-held = {$count} in payment
seats-part = {$section}, rows {$from}–{$to}
seats-back = Back to the whole hall

seats-row = Row {$row}
seats-row-line = Row {$row} · {$grade} · {$price}
seats-row-groups = Free side by side: {$groups}
seats-seat = {$number}
seats-flag-aisle = aisle
seats-flag-wheelchair = wheelchair space
seats-flag-companion = companion seat
seats-flag-obstructed = restricted view
seats-list-note = Tick up to {$most} seats, then press the button below.
seats-list-empty = Nothing is free in this section right now. Please look at another one.
seats-wheelchair-only = Only wheelchair and companion seats
seats-hold = Hold these seats
seats-hold-note = Held seats are yours alone for a few minutes. You pay in the next step.

seats-mine = Your held seats
seats-mine-until = Held for you until {$time}.
seats-mine-left = Time left
seats-mine-pay = Pay
seats-mine-change = Change seats
seats-mine-release = Let them go
seats-mine-paying = You have begun to pay for these seats. They cannot be changed until the payment is done or the time is up.
seats-mine-deciding = Your payment is being checked. Please do not pay again.
seats-change-note = Your seats stay yours until the new ones are held. The time left does not grow.
seats-change-now = Your seats now
seats-change = Change to these seats
seats-change-cancel = Keep my seats

seats-legend = Key
seats-legend-free = Free
seats-legend-held = In payment, may come back
seats-legend-sold = Sold
seats-legend-mine = Your choice

seats-error-none = Please choose at least one seat.
seats-error-many = You can choose up to {$most} seats.
seats-error-held = You already have {$held} seats for this performance. The limit is {$most} per person.
seats-error-taken = { $count ->
    [one] {$seats} was just taken.
   *[other] {$seats} were just taken.
 }
seats-error-instead = { $count ->
    [one] {$seats} is free instead.
   *[other] {$seats} are free instead.
 }
seats-error-beside = { $count ->
    [one] {$seats} is free beside it.
   *[other] {$seats} are free beside it.
 }
seats-error-nothing = There is nothing to offer in their place right now. Please try another section.
seats-instead-title = How about these instead?
seats-instead = Hold {$seats}
seats-error-best = There are no {$count} seats left at the moment. Try fewer people or another price.
seats-error-best-grade = There are no {$count} seats left in {$grade}.
seats-error-busy = Another request from your account is being handled. Please press again in a moment.
seats-error-expired = The time for your held seats is over. Please choose again.
seats-error-paying = Seats that are being paid for cannot be changed.
seats-error-closed = The sale has ended.
seats-error-early = The sale has not begun yet.
seats-error-cancelled = This show has been cancelled. Whatever you paid is given back in full.
seats-error-other = That did not work just now. Your choice is kept: please press again.
seats-released = The seats are free again.
seats-trouble = The connection is unsteady. The map may be behind; it reconnects by itself.

seats-js-short = {$row}-{$number}
seats-js-name = {$section}, row {$row}, seat {$number}, {$grade}, {$price} won, {$state}
seats-js-and = ,
seats-js-last = and
seats-js-part = {$section}, rows {$from}–{$to}
seats-js-won = {$price} won
seats-js-state-free = free
seats-js-state-held = in payment
seats-js-state-sold = sold
seats-js-state-closed = not for sale
seats-js-mine = your choice
seats-js-own = held by you
seats-js-flag-aisle = aisle
seats-js-flag-wheelchair = wheelchair space
seats-js-flag-companion = companion seat
seats-js-flag-obstructed = restricted view
seats-js-row = Row {$row}
seats-js-left = {$count} free
seats-js-none = Sold out
seats-js-paying = {$count} in payment
seats-js-free-now = Free right now: {$count}
seats-js-grid = Seats of {$section}. Arrow keys move, Space picks, N is the next free seat, L the list, Escape the whole hall.
seats-js-keys = Arrows move · Space picks · N next free · L list · Esc whole hall
seats-js-in = {$section}, {$count} free
seats-js-edge = There is no section beyond.
seats-js-all-full = Nothing is free in this section.
seats-js-overview = Whole hall
seats-js-list = Show as a list
seats-js-map = Show as a map
seats-js-closer = Larger
seats-js-farther = Smaller
seats-js-place-one = {$number}
seats-js-place-many = {$from}–{$to}
seats-js-group = Row {$row}, {$from}–{$to}
seats-js-none-in-row = none side by side
seats-js-list-hint = Places where {$count} can sit together. Press one to choose it.
seats-js-chosen = Your choice: {$count}, {$price} won
seats-js-nothing = Seats you pick appear here.
seats-js-added = {$seat} chosen. In all {$count}, {$price} won.
seats-js-removed = {$seat} removed. In all {$count}, {$price} won.
seats-js-remove = Remove {$seat}
seats-js-not-free = {$seat} cannot be chosen: {$state}.
seats-js-too-many = {$most} seats at most. Remove one first.
seats-js-orphan = This leaves {$seats} alone. You may still book; one seat further along would help somebody else.
seats-js-hold = Hold these seats
seats-js-holding = Holding your seats.
seats-js-change = Change to these seats
seats-js-taken-one = {$seats} was just taken.
seats-js-taken-many = {$seats} were just taken.
seats-js-beside-one = {$seats} is free beside your other seats.
seats-js-beside-many = {$seats} are free beside your other seats.
seats-js-together-one = {$seats} is free.
seats-js-together-many = {$seats} are free side by side.
seats-js-near-one = {$seats} is free nearby.
seats-js-near-many = {$seats} are free nearby.
seats-js-taken-nothing = The rest of your choice is kept.
seats-js-instead = Hold {$seats}
seats-js-look = Find seats in their place
seats-js-best-none = There are no {$count} seats left at the moment. Try fewer people or another price.
seats-js-best-grade = There are no {$count} seats left in {$grade}. Free at another price: {$seats}.
seats-js-held = You already have {$held} seats for this performance. The limit is {$most} per person.
seats-js-back = Connected again.
seats-js-again = That did not work just now. Your choice is kept: please press again.
seats-js-lapsed = Your time inside is over. Seats you hold can still be paid for in the time that is left.
seats-js-line = Join the line again
seats-js-cancelled = This show has been cancelled. Whatever you paid is given back in full.
seats-js-time = {$minutes} minutes left for your held seats.
seats-js-time-seconds = {$seconds} seconds left for your held seats.
seats-js-time-over = The time for your held seats is over.
