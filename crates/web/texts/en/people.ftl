# Log-in, sign-up, my tickets.

# Log-in
people-login-title = Log in
people-email = E-mail
people-password = Password
people-login-go = Log in
people-login-forgot = Forgot your password?
people-login-join = New here? Sign up
people-login-or = Or use another account
people-login-with = Log in with { $provider }
people-login-lead = After you log in, you return to the page you were on.
people-kakao = Kakao
people-naver = Naver
people-google = Google
people-show = Show password

# Said before a log-in
people-done-joined = Your account is ready. Please log in.
people-done-logout = You are logged out. Tickets kept on this device were deleted.
people-done-deleted = Your account is deleted. Tickets you bought still get you in.
people-done-reset = Your new password is set. All other devices were logged out. Log in with the new password.
people-done-awake = Your account is awake again. Please log in.
people-link-first = No account is linked with { $provider } yet. Log in with your e-mail first; then you can link it right away.
people-oauth-refused = The log-in was not allowed. Try again, or log in with your e-mail.
people-oauth-away = That service cannot be reached now. Log in with your e-mail.
people-oauth-failed = That account could not log you in. Log in with your e-mail.

# Errors
people-error-email = Enter an e-mail address like name@example.com.
people-error-password-empty = Enter your password.
people-error-password-length = Use 8 to 72 characters for the password. Letters outside English count as two to four.
people-error-password-character = The password has a control character that cannot be used.
people-error-password-current = Enter your current password.
people-error-name = Enter a name of 1 to 50 characters.
people-error-phone = Enter a Korean mobile number like 010-1234-5678.
people-error-code = Enter the six digits from the mail.
people-error-code-wrong = The code is wrong or older than 10 minutes. Check it, or ask for a new one.
people-error-code-wait = A code can be sent once a minute. Wait a moment, then try again. A code you already have still works.
people-error-proof = Please confirm your e-mail address again. It was more than 30 minutes ago.
people-error-captcha = We could not tell that you are a person. Tick the box again and retry.
people-error-captcha-away = The check for people is not available now. What you typed is kept. Try again in a moment.
people-error-credentials = The e-mail or the password is wrong. Check capital and small letters.
people-error-current = The current password is wrong. If you changed it just now, the new one is already in use.
people-error-dormant = This account sleeps because nobody logged in for a long time. Your tickets are still there. Verify your identity to use it again at once.
people-error-dormant-go = Wake the account
people-error-many = Too many tries. Your account is not locked. Try again in { $seconds } seconds.
people-error-busy = We are too busy right now. What you typed is kept. Try again in { $seconds } seconds.
people-error-identity = We could not confirm your identity. Please verify again. Nothing has changed.
people-error-identity-pending = The verification is not finished yet. Finish it, then try again.
people-error-identity-mismatch = No account fits this e-mail and identity. Check the e-mail and verify again.
people-error-identity-away = Identities cannot be verified now. Try again in a moment. Nothing has changed.
people-error-identity-again = Verify again
people-error-consent = You can only sign up if you agree to all required terms.
people-error-consent-keep = Required terms cannot be taken back. If you do not want them, you can delete your account.
people-error-email-taken = This e-mail already has an account. If you signed up just now, simply log in.
people-error-person-taken = You already have an account. Log in with it, or set a new password.
people-error-linked = This account is already linked, to you or to somebody else.
people-error-input = Please check what you typed.
people-error-expired = 30 minutes have passed, so what you typed was deleted. Please start again.
people-go-login = Log in
people-go-reset = Set a new password

# Are you a person
people-captcha = Checking that you are a person
people-captcha-script = This check needs JavaScript. Allow JavaScript for this site and reload the page.

# Identity
people-identity-script = The verification window needs JavaScript. Allow JavaScript for this site and reload the page.
people-identity-none = This site is not set up to verify identities. Please contact its operator.
people-identity-go = Verify my identity
people-identity-done = Your identity is verified.
people-identity-stopped = You did not finish the verification. Start again when you are ready.
people-identity-failed = The verification did not succeed. Check name and number, and try again.

# Sign-up
people-join-title = Sign up
people-join-step = Step { $n } of 4
people-join-steps = Steps
people-join-step-done = done
people-join-terms = Terms
people-join-identity = Identity
people-join-email = E-mail
people-join-account = Password and name
people-join-next = Next
people-join-back = Previous step
people-join-keep = Your answers are kept for 30 minutes. You can close this page and come back.
people-join-have = Already have an account? Log in
people-terms-lead = Please read and agree.
people-terms-none = There are no terms to agree to. Go on to the next step.
people-terms-required = (required)
people-terms-optional = (optional)
people-terms-read = Read
people-terms-version = Version { $version }
people-identity-lead = We verify who you are so that each person has one account. It takes about a minute.
people-identity-keep = A verification company checks your name and number. This site only gets the result.
people-email-lead = We send news about tickets and refunds here. You also log in with it.
people-email-send = Send me a code
people-email-sent = We sent six digits to { $email }. Enter them within 10 minutes.
people-email-code = Code
people-email-code-hint = Six digits. You can paste them.
people-email-verify = Confirm
people-email-again = Send a new code
people-email-other = Use another e-mail
people-email-done = { $email } is confirmed.
people-email-skip = Go on without a code
people-email-skip-note = If no mail arrives, you can go on without it. With a wrong address you will not hear from us.
people-email-spam = No mail? Look in your spam folder.
people-email-demo = This is a demonstration. Mails it sends are in the demonstration mailbox.
people-email-demo-open = Open the demonstration mailbox (new tab)
people-account-email = You sign up with { $email }.
people-name = Name
people-phone = Mobile number
people-phone-hint = For example 010-1234-5678
people-password-new = New password
people-password-hint = 8 characters or more. You can paste it.
people-account-go = Create my account

# Sleeping accounts, passwords
people-wake-title = Wake your account
people-wake-lead = Nobody logged in for a long time. Verify your identity and enter e-mail and password to use the account again at once.
people-wake-go = Wake the account
people-reset-title = Set a new password
people-reset-lead = We check that you are the person who signed up; then you set a new password. All other devices are logged out.
people-reset-go = Set new password

# My tickets
people-me-title = My tickets
people-me-menu = My pages
people-me-reservations = Tickets
people-me-coupons = Coupons
people-me-account = Account
people-me-coming = Coming up
people-me-past = Past
people-me-cancelled = Cancelled
people-me-empty = You have no tickets yet.
people-me-empty-go = See the shows
people-me-none-coming = Nothing coming up.
people-me-unknown = The show's name could not be loaded
people-me-when-unknown = The time could not be loaded
people-me-away = Your tickets cannot be shown right now. They are safe. Open this page again in a moment.
people-me-seats = { $count ->
    [one] { $count } seat
   *[other] { $count } seats
}
people-me-more = Older tickets
people-me-newer = Newer tickets
people-state-pending = Not paid yet
people-state-pending-note = Pay in time to keep your seats.
people-state-confirmed = Booked
people-state-cancelled = Cancelled
people-state-over = Over
people-me-pay = Pay now
people-me-ticket = Open ticket
people-me-cancel = Cancel
people-me-release = Let seats go
people-me-detail = Details

# Cancelling
people-cancel-title = Cancel booking
people-cancel-refund = You get back
people-cancel-refund-all = Everything you paid is refunded.
people-cancel-card = Refunded to { $card }. Card companies can take 3 to 5 working days.
people-cancel-way = Refunded the way you paid. Card companies can take 3 to 5 working days.
people-cancel-unpaid = You have not paid yet. There is nothing to refund; only the seats are let go.
people-cancel-until = You can cancel before the day of the show begins: until { $moment }.
people-cancel-final = This cannot be undone. The seats open for others.
people-cancel-coupon = The coupon you used becomes yours again.
people-cancel-go = Cancel and get { $won } back
people-cancel-go-free = Cancel booking
people-cancel-keep = Keep my booking
people-cancel-too-late = On the day of the show a booking cannot be cancelled. Nothing has changed.
people-cancel-running = Your payment is being checked, so this cannot be cancelled right now. Try again in about a minute. Nothing has changed.
people-cancel-used = A ticket that was used at the door cannot be cancelled.
people-cancel-done = The booking is cancelled.

# My coupons
people-coupons-title = My coupons
people-coupons-empty = You have no coupons.
people-coupons-go = See coupons
people-coupons-away = Your coupons cannot be shown right now. They are safe. Open this page again in a moment.
people-coupon-percent = { $value }% off
people-coupon-percent-max = { $value }% off, up to { $won }
people-coupon-fixed = { $won } off
people-coupon-min = On orders of { $won } or more
people-coupon-until = Until { $date }
people-coupon-forever = No end date
people-coupon-number = Coupon no. { $n }
people-coupon-issued = Ready to use
people-coupon-reserved = In a payment
people-coupon-redeemed = Used
people-coupon-expired = Expired
people-coupon-revoked = Taken back

# Account
people-account-title = Account
people-account-profile = Name and number
people-account-password = Password
people-account-password-note = All other devices are logged out.
people-account-consents = Terms
people-account-consents-note = What you agreed to, and optional consents
people-account-logins = Log-ins
people-account-logins-note = When and from where
people-account-social = Linked accounts
people-account-social-note = Log in with Kakao, Naver or Google
people-account-delete = Delete account
people-account-joined = Joined { $date }
people-account-logout = Log out
people-account-logout-note = Logs out on this device only, and deletes the tickets kept on it.
people-no-phone = None
people-saved = Saved.
people-save = Save
people-back-account = Back to account
people-profile-title = Change name and number
people-password-title = Change password
people-password-current = Current password
people-password-change = Change password
people-password-changed = Your password is changed. All other devices were logged out.
people-consents-title = Terms
people-consents-none = No terms are in force.
people-consents-agreed = You agreed on { $date }.
people-consents-refused = You have not agreed.
people-consents-saved = Your consents are saved.
people-logins-title = Log-ins
people-logins-lead = If one of these was not you, change your password now. All other devices are logged out.
people-logins-yes = Logged in
people-logins-no = Failed
people-logins-suspicious = Unusual
people-logins-empty = No log-ins yet.
people-logins-older = Older
people-logins-newer = Newer
people-social-title = Linked accounts
people-social-lead = Once linked, you can log in with that account, too. Your tickets stay together in this one.
people-social-none = This site has no other accounts to link.
people-social-link = Link { $provider }
people-social-unlink = Unlink { $provider }
people-social-now = { $provider } is linked now.
people-social-done = Unlinked.
people-social-go-title = Go to { $provider }
people-social-go = Continue at { $provider }
people-social-go-lead = The link below takes you to { $provider }. After logging in there you come back here.
people-delete-title = Delete account
people-delete-lead = Please read this first.
people-delete-tickets = Your tickets stay good. But you cannot see them here afterwards, so save or print them first.
people-delete-refund = Deleting the account cancels no booking. If you want a refund, cancel the booking first.
people-delete-coupons = Coupons that are left cannot be used any more.
people-delete-rejoin = Your personal data is erased after a time. Until then you cannot sign up again with the same e-mail or as the same person.
people-delete-sure = I have read all of this.
people-delete-error = Tick the box.
people-delete-go = Delete my account
people-delete-keep = Keep my account
