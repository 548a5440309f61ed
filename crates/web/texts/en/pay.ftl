# Paying. Texts whose ids begin with `pay-js-` are the script's.
pay-title = Pay
pay-title-window = Not paid yet
pay-title-confirming = Checking your payment
pay-title-unknown = Asking the card company
pay-title-failed = The payment did not go through
pay-title-expired = Your time is up
pay-title-ended = This booking is over
pay-title-free = Free booking

pay-summary = Your booking
pay-show = Show
pay-when = When
pay-where = Where
pay-seats = Seats
pay-seat = {$seat} · {$grade}
pay-discount = Coupon
pay-amount = To pay

pay-until = These seats are yours until {$time}.
pay-longer-of = {$minutes} more minutes
pay-longer-note = Once only, and before you begin to pay.
pay-longer-used = The time has been extended once already.

pay-coupon = Coupon
pay-coupon-none = No coupon
pay-coupon-of = {$name} · {$discount} off · {$payable} to pay
pay-card = Pay by card
pay-card-amount = Pay {$amount} by card
pay-card-note = The card page opens in this window. No pop-up, nothing to install.
pay-card-once = However often you press, you pay once.
pay-free = Finish the booking
pay-free-note = There is nothing to pay. Your ticket is there as soon as you press.
pay-change = Change seats
pay-release = Give up the booking
pay-release-note = Somebody else can book these seats then.

pay-window-text = The payment was not finished on the card page. Nothing has been charged so far.
pay-window-closed = The card page was closed. Nothing was charged, and your seats are still yours.
pay-window-refused = The card was refused. Nothing was charged, and your seats are still yours. You can try another card.
pay-window-again = Open the card page again
pay-window-note = If you have paid already you cannot pay twice: the card page will tell you.
pay-window-script = The card company's page needs scripts. Please allow them in your browser and open this page again. Your seats are still yours.

pay-confirming-text = We are asking the card company for the result. It takes a few seconds. Your payment is safe if you close this page.
pay-confirming-check = Check the result
pay-ticket-text = Paid. Your ticket is being made.
pay-unknown-text = Do not pay again. We are asking the card company. This page changes by itself when there is a result.
pay-unknown-safe = You may close this page and look under “My tickets” later. If the seats cannot be given to you, all you paid is returned.
pay-unknown-check = Check again

pay-failed-text = Your seats were let go.
pay-failed-not-paid = Nothing was charged.
pay-failed-refund = Anything taken from your card is returned. There is nothing you need to do.
pay-failed-seats = Somebody else got the seats while you were paying. All you paid is returned.
pay-failed-coupon = The coupon was used for another booking. All you paid is returned.
pay-failed-away = The card company could not be reached, so the payment did not begin. Nothing was charged.
pay-expired-text = The time for these seats is over and others may book them. Nothing was charged.
pay-again = Try the same seats
pay-again-note = If they are still free they are yours again at once.
pay-again-other = Choose other seats
pay-ended-user = You gave up this booking.
pay-ended-event = The show was cancelled. Whatever you paid is returned in full.
pay-ended-refunded = What you paid for this booking was returned.
pay-mine = My tickets
pay-shows = Shows

pay-error-amount = The amount has changed. Please check it and press again.
pay-error-coupon = This coupon cannot be used now. Choose another one, or pay without.
pay-error-away = The card company cannot be reached. Before you pay again, look here for the result.
pay-error-busy = Many people are paying right now. Please press again in a moment. Nothing was charged.
pay-error-extended = The time can be extended only once.
pay-error-paying = That cannot be changed once you have begun to pay.
pay-error-pass = Your time inside is over, so nothing can be changed now. You can still pay.

pay-js-minutes = {$minutes} minutes left
pay-js-minute = 1 minute left
pay-js-seconds = {$seconds} seconds left
pay-js-over = The time for your seats is over.
pay-js-amount = Pay {$amount} by card
pay-js-starting = Opening the card page.
pay-js-won = {$amount} won
pay-js-window = The card page is open.
pay-js-closed = The card page was closed. Nothing was charged, and your seats are still yours.
pay-js-unloaded = The card page could not be loaded. You have not been charged, and your seats are still yours. Please press again.
pay-js-paid = Paid. Taking you to your ticket.
pay-js-confirming = Asking the card company for the result.
pay-js-unknown = Do not pay again. We are asking the card company.
pay-js-offline = The connection is gone. Your payment and your seats are safe. We check again by ourselves.
