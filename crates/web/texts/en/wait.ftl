# The waiting page: the same one before seats, before coupons and before other sites.
# Texts that begin with `wait-js-` are for the script, too.

wait-js-title-waiting = One moment, please
wait-js-lead-waiting = Many people are visiting right now. You are in line and will enter in order.
wait-js-title-paused = One moment, please
wait-js-lead-paused = Nobody is being let in for now. You will go on from this position.
wait-js-title-scheduled = Opening soon
wait-js-lead-scheduled = When it opens, people enter in the order of their numbers.
wait-js-title-passed = You are at the front
wait-js-lead-passed = You go in any moment now. Keep this page open.
wait-js-title-soldout = Nothing is left right now
wait-js-lead-soldout = You keep your position. If something is returned, people enter in this order.
wait-js-title-turn = It is your turn
wait-js-soon = Less than a minute until it is your turn.
wait-js-minutes = About { $n } min until it is your turn.
wait-js-hours = About { $h } h { $m } min until it is your turn.
wait-js-stopped = The time is shown once people go in again.
wait-js-opens = Opens in { $time }
wait-js-speed = Letting in { $n } a second.
wait-js-speed-minute = Letting in { $n } a minute.
wait-js-live = Checked at { $time } KST.
wait-js-offline = Connection lost, reconnecting. Your place is kept. Last heard at { $time } KST.
wait-js-entering = Taking you there now.
wait-js-next = You are next.

wait-seats-good = There are plenty of seats for the people ahead of you.
wait-seats-uncertain = There may be few seats left when it is your turn.
wait-seats-poor = More people are ahead of you than seats are left. There may be none when it is your turn.
wait-seats-none = No seat is free right now. Seats that are not paid for come back.

wait-title-drawing = You are in the draw
wait-lead-drawing = A draw sets the order at the opening. It does not matter how early you came.
wait-opens-at = It opens on { $moment }.
wait-rank = Your position in line
wait-number = Your entry number
wait-progress = Progress
wait-ahead = Ahead of you
wait-behind = Behind you
wait-notice = Message
wait-keep = This page takes you on when it is your turn. You keep your position if you reload the page, or close it and come back soon.
wait-keep-account = You can also open it on another device with the same account.
wait-refresh = This page reloads automatically.
wait-switches = While you wait
wait-screen = Keep the screen on
wait-sound = Play a sound at my turn
wait-bell = Notify me at my turn
wait-leave = Leave the line
wait-late = You were away for too long to keep your old position. This is your new one, at the end of the line.
wait-lost = The address that you opened cannot be kept, for example because it is too long. You will start at the first page of the site.
wait-again = Try again
wait-of-show = { $title } · { $moment }
wait-back = Back to the show
wait-back-coupon = Back to the coupon
wait-join = Join the line
wait-rejoin = Join again
wait-skip = Skip to content

# Leaving
wait-leave-title = Leave the line?
wait-leave-text = You lose your position. If you join again, you start at the end. To close this window only, you need not leave.
wait-leave-yes = Leave
wait-leave-no = Keep waiting
wait-left-title = You have left the line
wait-left-text = Your position is gone. You can join again at any time.

# Without a position
wait-join-title = Join this line?
wait-join-text = You came by a link from another site, so we ask once. You will join at the end of the line.
wait-gone-title = You are not in this line now
wait-gone-text = You left it, or the time in which you could go in has passed. Join again to go on.
wait-lapsed-title = Your time inside is over
wait-lapsed-text = The time after your turn has passed, and the next person was let in. Seats that you already hold are still under My tickets. If you join again, you start at the end.
wait-elsewhere-title = You are in another line
wait-elsewhere-text = You can wait in one line at a time. Your place in that line is kept.
wait-elsewhere-go = Go to that line
wait-elsewhere-leave = Leave that line
wait-full-title = The line is full
wait-full-text = Too many people are waiting right now. This page tries again automatically in a moment.
wait-toomany-title = Too many people of your network
wait-toomany-text = Many people of your network are in this line already. This page tries again automatically in a moment.
wait-busy-title = Checking again in a moment
wait-busy-text = Your place was looked up many times in a short while. This page tries again automatically. You keep your position.
wait-notyet-title = Not open yet
wait-notyet-text = It opens on { $moment }. Leave this page open and it joins the line by itself. It goes by our clock, so there is no need to reload.
wait-notyet-unknown = It has not opened yet. When it does, this page joins the line by itself.
wait-cancelled-title = This show was cancelled
wait-cancelled-text = No tickets are sold for it any more. Everything that was paid is refunded.
wait-ended-title = Ticket sales are over
wait-ended-text = Tickets for this time are no longer sold. Tickets that you have are under My tickets.
wait-closed-title = The line is closed
wait-closed-text = You can no longer join this line.
wait-soldout-title = All coupons are gone
wait-soldout-text = Every coupon was handed out, so the line is closed.
wait-unavailable-title = Your position is temporarily unavailable
wait-unavailable-text = We cannot look up your position right now. You keep your position, and this page tries again automatically.
wait-processing-title = Your coupon is being issued
wait-processing-text = It was your turn, and your coupon is on its way. Closing this page changes nothing.
wait-nocookies-title = Cookies are required
wait-nocookies-text = A cookie keeps your position in line. Please allow cookies in your browser, then try again.
wait-cookielost-title = The cookie of this line did not come back
wait-cookielost-text = Your browser returns other cookies, but not the one of this line. Please delete the cookies of this site, then try again.
wait-account-title = An account is needed
wait-account-text = You can join this line only with an account.

# Before joining
wait-ask-title = One moment before you join the line
wait-ask-pow = So that programs do not take the places of people, your browser works out a small task. It does so by itself.
wait-ask-working = Your browser is working. You join the line as soon as it is done.
wait-ask-failed = Your browser cannot work out the task. Please try another browser.
wait-ask-script = The task needs JavaScript, which is switched off in your browser. Please allow it for this site, then reload this page.
wait-ask-recaptcha = So that programs do not take the places of people, please confirm that you are a person.
