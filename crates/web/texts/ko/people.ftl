# 로그인, 회원가입, 내 예매.

# 로그인
people-login-title = 로그인
people-email = 이메일
people-password = 비밀번호
people-login-go = 로그인
people-login-forgot = 비밀번호를 잊으셨습니까?
people-login-join = 처음이십니까? 회원가입
people-login-or = 다른 계정으로 로그인
people-login-with = { $provider } 계정으로 로그인
people-login-lead = 로그인하면 보시던 페이지로 돌아갑니다.
people-kakao = 카카오
people-naver = 네이버
people-google = 구글
people-show = 비밀번호 보기

# 로그인에 앞서 알리는 말
people-done-joined = 가입을 마쳤습니다. 이제 로그인해 주십시오.
people-done-logout = 로그아웃했습니다. 이 기기에 보관된 티켓도 지웠습니다.
people-done-deleted = 탈퇴를 마쳤습니다. 예매하신 티켓은 입장할 때 그대로 쓸 수 있습니다.
people-done-reset = 비밀번호를 새로 정했습니다. 다른 기기는 모두 로그아웃했습니다. 새 비밀번호로 로그인해 주십시오.
people-done-awake = 휴면을 풀었습니다. 이제 로그인해 주십시오.
people-link-first = 연결된 { $provider } 계정이 없습니다. 먼저 이메일로 로그인해 주십시오. 로그인한 뒤 바로 연결할 수 있습니다.
people-oauth-refused = 로그인 동의가 취소되었습니다. 다시 시도하거나 이메일로 로그인해 주십시오.
people-oauth-away = 지금은 그 서비스에 연결할 수 없습니다. 이메일로 로그인해 주십시오.
people-oauth-failed = 다른 계정으로 로그인하지 못했습니다. 이메일로 로그인해 주십시오.

# 오류
people-error-email = 이메일을 name@example.com처럼 입력해 주십시오.
people-error-password-empty = 비밀번호를 입력해 주십시오.
people-error-password-length = 비밀번호는 영문 기준 8자에서 72자 사이로 정해 주십시오. 한글은 한 글자를 세 자로 셉니다.
people-error-password-character = 비밀번호에 쓸 수 없는 제어 문자가 들어 있습니다.
people-error-password-current = 현재 비밀번호를 입력해 주십시오.
people-error-name = 이름을 1자에서 50자 사이로 입력해 주십시오.
people-error-phone = 휴대전화 번호를 010-1234-5678처럼 입력해 주십시오.
people-error-code = 메일로 받은 숫자 여섯 자리를 입력해 주십시오.
people-error-code-wrong = 인증 번호가 맞지 않거나 10분이 지났습니다. 다시 확인하거나 새 번호를 받아 주십시오.
people-error-code-wait = 인증 번호는 1분에 한 번만 보낼 수 있습니다. 잠시 뒤 다시 눌러 주십시오. 이미 받은 번호는 그대로 쓸 수 있습니다.
people-error-proof = 이메일 확인을 다시 해야 합니다. 확인한 지 30분이 지났습니다.
people-error-captcha = 사람인지 확인하지 못했습니다. 확인란을 다시 누르고 시도해 주십시오.
people-error-captcha-away = 지금은 사람인지 확인할 수 없습니다. 입력하신 내용은 그대로 있습니다. 잠시 뒤 다시 시도해 주십시오.
people-error-credentials = 이메일이나 비밀번호가 맞지 않습니다. 대문자와 소문자를 확인해 주십시오.
people-error-current = 현재 비밀번호가 맞지 않습니다. 방금 변경하셨다면 새 비밀번호가 이미 적용되었습니다.
people-error-dormant = 오랫동안 로그인하지 않아 계정이 휴면 상태입니다. 예매 내역은 그대로 있습니다. 본인 인증을 하면 바로 다시 쓸 수 있습니다.
people-error-dormant-go = 휴면 풀기
people-error-many = 시도가 너무 많습니다. 계정은 잠기지 않았습니다. { $seconds }초 뒤에 다시 시도해 주십시오.
people-error-busy = 지금은 요청이 몰려 처리하지 못했습니다. 입력하신 내용은 그대로 있습니다. { $seconds }초 뒤에 다시 시도해 주십시오.
people-error-identity = 본인 인증을 확인하지 못했습니다. 다시 인증해 주십시오. 바뀐 것은 없습니다.
people-error-identity-pending = 본인 인증이 아직 끝나지 않았습니다. 인증을 마친 뒤 다시 시도해 주십시오.
people-error-identity-mismatch = 입력하신 이메일과 본인 인증이 맞는 계정이 없습니다. 이메일을 확인하고 본인 인증을 다시 해 주십시오.
people-error-identity-away = 지금은 본인 인증을 할 수 없습니다. 잠시 뒤 다시 시도해 주십시오. 바뀐 것은 없습니다.
people-error-identity-again = 본인 인증 다시 하기
people-error-consent = 필수 약관에 모두 동의해야 가입할 수 있습니다.
people-error-consent-keep = 필수 약관은 동의를 거둘 수 없습니다. 원하지 않으시면 탈퇴하실 수 있습니다.
people-error-email-taken = 이미 가입된 이메일입니다. 방금 가입하셨다면 그대로 로그인해 주십시오.
people-error-person-taken = 이미 가입하신 분입니다. 가입하신 계정으로 로그인하거나 비밀번호를 다시 정해 주십시오.
people-error-linked = 다른 회원에게 이미 연결된 계정이거나, 이미 연결하신 계정입니다.
people-error-input = 입력하신 내용을 확인해 주십시오.
people-error-expired = 30분이 지나 입력하신 내용이 지워졌습니다. 처음부터 다시 시작해 주십시오.
people-go-login = 로그인하기
people-go-reset = 비밀번호 다시 정하기

# 사람인지 확인
people-captcha = 사람인지 확인합니다
people-captcha-script = 사람인지 확인하려면 JavaScript가 필요합니다. 이 사이트에서 JavaScript를 허용한 뒤 페이지를 새로 열어 주십시오.

# 본인 인증
people-identity-script = 본인 인증 창을 열려면 JavaScript가 필요합니다. 이 사이트에서 JavaScript를 허용한 뒤 페이지를 새로 열어 주십시오.
people-identity-none = 이 사이트에는 본인 인증이 준비되어 있지 않습니다. 운영자에게 문의해 주십시오.
people-identity-go = 본인 인증하기
people-identity-done = 본인 인증을 마쳤습니다.
people-identity-stopped = 본인 인증을 마치지 않으셨습니다. 준비되면 다시 시작해 주십시오.
people-identity-failed = 본인 인증이 되지 않았습니다. 이름과 번호를 확인하고 다시 시도해 주십시오.

# 회원가입
people-join-title = 회원가입
people-join-step = { $n } / 4 단계
people-join-steps = 가입 단계
people-join-step-done = 마침
people-join-terms = 약관 동의
people-join-identity = 본인 인증
people-join-email = 이메일 확인
people-join-account = 비밀번호와 이름
people-join-next = 다음
people-join-back = 이전 단계
people-join-keep = 입력하신 내용은 30분 동안 보관합니다. 창을 닫았다가 다시 열어도 이어서 할 수 있습니다.
people-join-have = 이미 계정이 있으십니까? 로그인
people-terms-lead = 아래 내용을 읽고 동의해 주십시오.
people-terms-none = 따로 동의하실 약관이 없습니다. 다음으로 넘어가 주십시오.
people-terms-required = (필수)
people-terms-optional = (선택)
people-terms-read = 내용 보기
people-terms-version = { $version } 판
people-identity-lead = 한 사람이 한 계정만 만들 수 있도록 본인인지 확인합니다. 확인에는 1분 정도 걸립니다.
people-identity-keep = 이름과 번호는 인증 회사가 확인하고, 이 사이트는 결과만 받습니다.
people-email-lead = 예매와 환불 소식을 받으실 이메일입니다. 로그인할 때도 씁니다.
people-email-send = 인증 번호 받기
people-email-sent = { $email } 주소로 숫자 여섯 자리를 보냈습니다. 10분 안에 입력해 주십시오.
people-email-code = 인증 번호
people-email-code-hint = 숫자 여섯 자리. 붙여 넣을 수 있습니다.
people-email-verify = 확인
people-email-again = 인증 번호 다시 받기
people-email-other = 다른 이메일 쓰기
people-email-done = { $email } 주소를 확인했습니다.
people-email-skip = 인증 번호 없이 계속
people-email-skip-note = 메일이 오지 않으면 확인하지 않고 계속하실 수 있습니다. 주소가 틀리면 예매 소식을 받지 못합니다.
people-email-spam = 메일이 보이지 않으면 스팸함을 확인해 주십시오.
people-email-demo = 시험용 사이트입니다. 보낸 메일은 시험용 편지함에 있습니다.
people-email-demo-open = 시험용 편지함 열기(새 창)
people-account-email = { $email }으로 가입합니다.
people-name = 이름
people-phone = 휴대전화 번호
people-phone-hint = 예: 010-1234-5678
people-password-new = 새 비밀번호
people-password-hint = 영문 기준 8자 이상. 붙여 넣을 수 있습니다.
people-account-go = 가입하기

# 휴면, 비밀번호
people-wake-title = 휴면 풀기
people-wake-lead = 오래 로그인하지 않은 계정입니다. 본인 인증을 하고 이메일과 비밀번호를 입력하면 바로 다시 쓸 수 있습니다.
people-wake-go = 휴면 풀기
people-reset-title = 비밀번호 다시 정하기
people-reset-lead = 가입할 때와 같은 분인지 확인한 뒤 새 비밀번호를 정합니다. 다른 기기는 모두 로그아웃됩니다.
people-reset-go = 새 비밀번호로 바꾸기

# 내 예매
people-me-title = 내 예매
people-me-menu = 내 메뉴
people-me-reservations = 예매
people-me-coupons = 쿠폰
people-me-account = 계정
people-me-coming = 다가오는 공연
people-me-past = 지난 공연
people-me-cancelled = 취소한 예매
people-me-empty = 아직 예매하신 공연이 없습니다.
people-me-empty-go = 공연 보러 가기
people-me-none-coming = 다가오는 공연이 없습니다.
people-me-unknown = 공연 이름을 불러오지 못했습니다
people-me-when-unknown = 일시를 불러오지 못했습니다
people-me-away = 지금은 예매 내역을 불러올 수 없습니다. 예매하신 내용은 그대로 있습니다. 잠시 뒤 다시 열어 주십시오.
people-me-seats = { $count ->
   *[other] { $count }석
}
people-me-more = 이전 예매 더 보기
people-me-newer = 최근 예매 보기
people-state-pending = 결제 전
people-state-pending-note = 정해진 시간 안에 결제하셔야 좌석이 확정됩니다.
people-state-confirmed = 예매 완료
people-state-cancelled = 취소됨
people-state-over = 공연 종료
people-me-pay = 결제하기
people-me-ticket = 티켓 보기
people-me-cancel = 예매 취소
people-me-release = 좌석 내려놓기
people-me-detail = 내역 보기

# 예매 취소
people-cancel-title = 예매 취소
people-cancel-refund = 환불 금액
people-cancel-refund-all = 결제하신 금액을 모두 돌려 드립니다.
people-cancel-card = 환불받는 카드: { $card }. 카드사에 따라 영업일로 3~5일 걸릴 수 있습니다.
people-cancel-way = 결제하신 수단으로 환불합니다. 카드사에 따라 영업일로 3~5일 걸릴 수 있습니다.
people-cancel-unpaid = 아직 결제하지 않으셨습니다. 환불할 금액이 없고, 좌석만 내려놓습니다.
people-cancel-until = 공연 당일이 시작되기 전, { $moment }까지 취소하실 수 있습니다.
people-cancel-final = 취소하면 되돌릴 수 없습니다. 좌석은 다른 분에게 열립니다.
people-cancel-coupon = 사용하신 쿠폰은 다시 쓸 수 있게 됩니다.
people-cancel-go = { $won } 환불받고 취소
people-cancel-go-free = 예매 취소
people-cancel-keep = 취소하지 않기
people-cancel-too-late = 공연 당일에는 취소할 수 없습니다. 예매는 그대로입니다.
people-cancel-running = 결제를 확인하고 있어 지금은 취소할 수 없습니다. 1분쯤 뒤 다시 시도해 주십시오. 예매는 그대로입니다.
people-cancel-used = 이미 입장에 쓴 티켓은 취소할 수 없습니다.
people-cancel-done = 예매를 취소했습니다.

# 내 쿠폰
people-coupons-title = 내 쿠폰
people-coupons-empty = 받으신 쿠폰이 없습니다.
people-coupons-go = 쿠폰 보러 가기
people-coupons-away = 지금은 쿠폰을 불러올 수 없습니다. 받으신 쿠폰은 그대로 있습니다. 잠시 뒤 다시 열어 주십시오.
people-coupon-percent = { $value }% 할인
people-coupon-percent-max = { $value }% 할인(최대 { $won })
people-coupon-fixed = { $won } 할인
people-coupon-min = { $won } 이상 결제할 때
people-coupon-until = { $date }까지
people-coupon-forever = 기한 없음
people-coupon-number = { $n }번째 쿠폰
people-coupon-issued = 쓸 수 있음
people-coupon-reserved = 결제에 쓰는 중
people-coupon-redeemed = 사용함
people-coupon-expired = 기한 지남
people-coupon-revoked = 회수됨

# 계정
people-account-title = 계정
people-account-profile = 이름과 번호
people-account-password = 비밀번호
people-account-password-note = 다른 기기는 모두 로그아웃됩니다.
people-account-consents = 약관 동의
people-account-consents-note = 동의하신 약관과 선택 동의
people-account-logins = 로그인 기록
people-account-logins-note = 언제 어디에서 로그인했는지
people-account-social = 연결된 계정
people-account-social-note = 카카오, 네이버, 구글로 로그인
people-account-delete = 회원 탈퇴
people-account-joined = { $date } 가입
people-account-logout = 로그아웃
people-account-logout-note = 이 기기에서만 로그아웃합니다. 이 기기에 보관된 티켓은 지웁니다.
people-no-phone = 등록하지 않음
people-saved = 저장했습니다.
people-save = 저장
people-back-account = 계정으로 돌아가기
people-profile-title = 이름과 번호 변경
people-password-title = 비밀번호 변경
people-password-current = 현재 비밀번호
people-password-change = 비밀번호 변경
people-password-changed = 비밀번호를 변경했습니다. 다른 기기는 모두 로그아웃했습니다.
people-consents-title = 약관 동의
people-consents-none = 지금 적용되는 약관이 없습니다.
people-consents-agreed = { $date }에 동의하셨습니다.
people-consents-refused = 동의하지 않으셨습니다.
people-consents-saved = 동의 내용을 저장했습니다.
people-logins-title = 로그인 기록
people-logins-lead = 본인이 아닌 기록이 있으면 바로 비밀번호를 변경해 주십시오. 다른 기기는 모두 로그아웃됩니다.
people-logins-yes = 성공
people-logins-no = 실패
people-logins-suspicious = 평소와 다름
people-logins-empty = 기록이 없습니다.
people-logins-older = 이전 기록
people-logins-newer = 최근 기록
people-social-title = 연결된 계정
people-social-lead = 연결하면 그 계정으로도 로그인할 수 있습니다. 예매는 지금 계정 하나에 모입니다.
people-social-none = 이 사이트에서 연결할 수 있는 다른 계정이 없습니다.
people-social-link = { $provider } 연결
people-social-unlink = { $provider } 연결 끊기
people-social-now = { $provider } 계정을 연결했습니다.
people-social-done = 연결을 끊었습니다.
people-social-go-title = { $provider } 로그인으로 이동
people-social-go = { $provider }에서 계속하기
people-social-go-lead = 아래를 누르면 { $provider }로 이동합니다. 로그인을 마치면 이 페이지로 돌아옵니다.
people-delete-title = 회원 탈퇴
people-delete-lead = 탈퇴하시기 전에 확인해 주십시오.
people-delete-tickets = 예매하신 티켓은 그대로 유효합니다. 다만 탈퇴하면 이 사이트에서 다시 볼 수 없으니, 먼저 티켓을 저장하거나 인쇄해 주십시오.
people-delete-refund = 탈퇴해도 예매는 취소되지 않습니다. 환불을 원하시면 먼저 예매를 취소해 주십시오.
people-delete-coupons = 남은 쿠폰은 쓸 수 없게 됩니다.
people-delete-rejoin = 개인 정보는 보관 기간이 지나면 모두 지웁니다. 그 전에는 같은 이메일이나 같은 분의 본인 인증으로 다시 가입하실 수 없습니다.
people-delete-sure = 위 내용을 모두 확인했습니다.
people-delete-error = 확인란을 눌러 주십시오.
people-delete-go = 탈퇴하기
people-delete-keep = 탈퇴하지 않기
