# 결제. 아이디의 앞부분 `pay-js-`는 스크립트가 읽는 문장이다.
pay-title = 결제
pay-title-window = 아직 결제되지 않았습니다
pay-title-confirming = 결제 확인 중
pay-title-unknown = 카드사에 확인 중
pay-title-failed = 결제되지 않았습니다
pay-title-expired = 시간이 지났습니다
pay-title-ended = 끝난 예매입니다
pay-title-free = 무료 예매

pay-summary = 예매 내용
pay-show = 공연
pay-when = 일시
pay-where = 장소
pay-seats = 좌석
pay-seat = {$seat} · {$grade}석
pay-discount = 쿠폰 할인
pay-amount = 결제할 금액

pay-until = {$time}까지 이 좌석은 고객님 것입니다.
pay-longer-of = {$minutes}분 더
pay-longer-note = 한 번만 늘릴 수 있으며, 결제를 시작하기 전에 누르셔야 합니다.
pay-longer-used = 시간을 이미 한 번 늘렸습니다.

pay-coupon = 쿠폰
pay-coupon-none = 쿠폰을 쓰지 않음
pay-coupon-of = {$name} · {$discount} 할인 · 결제할 금액 {$payable}
pay-card = 카드로 결제하기
pay-card-amount = {$amount} 결제하기
pay-card-note = 결제 화면은 이 창에서 열립니다. 팝업이나 프로그램을 설치하지 않습니다.
pay-card-once = 단추를 여러 번 눌러도 한 번만 결제됩니다.
pay-free = 예매 마치기
pay-free-note = 내실 금액이 없습니다. 단추를 누르면 바로 티켓이 나옵니다.
pay-change = 좌석 바꾸기
pay-release = 예매 그만두기
pay-release-note = 그만두면 좌석을 다른 분이 예매할 수 있게 됩니다.

pay-window-text = 결제 화면에서 결제를 마치지 않으셨습니다. 아직 결제된 금액은 없습니다.
pay-window-closed = 결제 화면이 닫혔습니다. 결제된 금액은 없으며 좌석은 그대로입니다.
pay-window-refused = 카드사가 결제를 승인하지 않았습니다. 결제된 금액은 없으며 좌석은 그대로입니다. 다른 카드로 다시 하실 수 있습니다.
pay-window-again = 결제 화면 다시 열기
pay-window-note = 이미 결제하셨다면 다시 결제되지 않습니다. 결제 화면이 알려 드립니다.
pay-window-script = 카드사의 결제 화면은 스크립트를 켜야 열립니다. 브라우저 설정에서 스크립트를 허용한 뒤 이 화면을 다시 열어 주십시오. 좌석은 그대로입니다.

pay-confirming-text = 결제 결과를 카드사에 확인하고 있습니다. 몇 초 걸립니다. 이 창을 닫아도 결제는 안전합니다.
pay-confirming-check = 결과 확인하기
pay-ticket-text = 결제되었습니다. 티켓을 만들고 있습니다.
pay-unknown-text = 다시 결제하지 마십시오. 카드사에 확인하고 있습니다. 결과가 나오면 이 화면이 저절로 바뀝니다.
pay-unknown-safe = 창을 닫아도 됩니다. 결과는 ‘내 예매’에서 언제든 볼 수 있습니다. 좌석을 드리지 못하면 결제하신 금액은 모두 돌려드립니다.
pay-unknown-check = 다시 확인하기

pay-failed-text = 좌석은 풀렸습니다.
pay-failed-not-paid = 결제된 금액은 없습니다.
pay-failed-refund = 카드에서 나간 금액이 있으면 모두 돌려드립니다. 따로 하실 일은 없습니다.
pay-failed-seats = 결제하는 동안 좌석이 다른 분께 나갔습니다. 결제하신 금액은 모두 돌려드립니다.
pay-failed-coupon = 쿠폰을 다른 예매에 쓰셨습니다. 결제하신 금액은 모두 돌려드립니다.
pay-failed-away = 카드사와 연결되지 않아 결제를 시작하지 못했습니다. 결제된 금액은 없습니다.
pay-expired-text = 좌석을 잡아 둔 시간이 지나 다른 분이 예매할 수 있게 되었습니다. 결제된 금액은 없습니다.
pay-again = 같은 좌석 다시 잡기
pay-again-note = 아직 비어 있으면 바로 다시 잡아 드립니다.
pay-again-other = 다른 좌석 고르기
pay-ended-user = 고객님이 그만둔 예매입니다.
pay-ended-event = 공연이 취소되었습니다. 결제하신 금액은 모두 돌려드립니다.
pay-ended-refunded = 결제하신 금액을 돌려드린 예매입니다.
pay-mine = 내 예매 보기
pay-shows = 공연 보기

pay-error-amount = 결제할 금액이 바뀌었습니다. 금액을 확인하고 다시 눌러 주십시오.
pay-error-coupon = 이 쿠폰은 지금 쓸 수 없습니다. 다른 쿠폰을 고르거나 쿠폰 없이 결제해 주십시오.
pay-error-away = 카드사와 연결되지 않습니다. 다시 결제하기 전에 이 화면에서 결과를 확인해 주십시오.
pay-error-busy = 결제 요청이 많습니다. 잠시 뒤에 다시 눌러 주십시오. 결제된 금액은 없습니다.
pay-error-extended = 시간은 한 번만 늘릴 수 있습니다.
pay-error-paying = 결제를 시작한 뒤에는 바꿀 수 없습니다.
pay-error-pass = 입장 시간이 끝나 지금은 바꿀 수 없습니다. 결제는 그대로 하실 수 있습니다.

pay-js-minutes = 남은 시간 {$minutes}분
pay-js-minute = 남은 시간 1분
pay-js-seconds = 남은 시간 {$seconds}초
pay-js-over = 좌석을 잡아 둔 시간이 지났습니다.
pay-js-amount = {$amount} 결제하기
pay-js-starting = 결제 화면을 여는 중입니다.
pay-js-won = {$amount}원
pay-js-window = 결제 화면이 열려 있습니다.
pay-js-closed = 결제 화면이 닫혔습니다. 결제된 금액은 없으며 좌석은 그대로입니다.
pay-js-unloaded = 결제 화면을 불러오지 못했습니다. 결제된 금액은 없으며 좌석은 그대로입니다. 다시 눌러 주십시오.
pay-js-paid = 결제되었습니다. 티켓으로 이동합니다.
pay-js-confirming = 결제 결과를 카드사에 확인하고 있습니다.
pay-js-unknown = 다시 결제하지 마십시오. 카드사에 확인하고 있습니다.
pay-js-offline = 연결이 끊겼습니다. 결제와 좌석은 안전합니다. 저절로 다시 확인합니다.
