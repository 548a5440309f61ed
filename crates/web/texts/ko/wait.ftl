# 대기 화면: 공연, 쿠폰, 다른 사이트 앞의 줄이 모두 같은 화면을 씁니다.
# `wait-js-`로 시작하는 글은 스크립트도 씁니다.

wait-js-title-waiting = 잠시만 기다려 주세요
wait-js-lead-waiting = 많은 분이 오셔서 순서대로 입장하고 있습니다.
wait-js-title-paused = 잠시만 기다려 주세요
wait-js-lead-paused = 입장을 잠시 멈추었습니다. 순서는 그대로입니다.
wait-js-title-scheduled = 곧 열립니다
wait-js-lead-scheduled = 열리는 시각에 순서대로 입장합니다.
wait-js-title-passed = 맨 앞에서 기다리고 계십니다
wait-js-lead-passed = 곧 입장하십니다. 이 화면을 열어 두십시오.
wait-js-title-soldout = 지금은 남은 수량이 없습니다
wait-js-lead-soldout = 순서는 그대로입니다. 취소되면 이어서 입장합니다.
wait-js-title-turn = 차례가 되었습니다
wait-js-soon = 1분 안에 입장합니다.
wait-js-minutes = 약 { $n }분 뒤에 입장합니다.
wait-js-hours = 약 { $h }시간 { $m }분 뒤에 입장합니다.
wait-js-stopped = 입장이 다시 시작되면 시간을 알려 드립니다.
wait-js-opens = 열리기까지 { $time }
wait-js-speed = 1초에 { $n }명씩 입장하고 있습니다.
wait-js-speed-minute = 1분에 { $n }명씩 입장하고 있습니다.
wait-js-live = { $time }에 확인했습니다.
wait-js-offline = 연결이 끊겨 다시 연결하고 있습니다. 순서는 그대로입니다. 마지막 확인 { $time }
wait-js-entering = 지금 이동합니다.
wait-js-next = 바로 다음이 차례입니다.

wait-seats-good = 지금 남은 좌석은 앞에 계신 분들보다 많습니다.
wait-seats-uncertain = 차례가 될 때 남은 좌석이 적을 수 있습니다.
wait-seats-poor = 앞에 계신 분이 남은 좌석보다 많습니다. 차례가 될 때 좌석이 없을 수 있습니다.
wait-seats-none = 지금은 남은 좌석이 없습니다. 다시 나오는 좌석이 있을 수 있습니다.

wait-title-drawing = 추첨에 참여하셨습니다
wait-lead-drawing = 열리는 시각에 추첨으로 순서를 정합니다. 일찍 오셨는지는 순서와 관계가 없습니다.
wait-opens-at = { $moment }에 열립니다.
wait-rank = 나의 순서
wait-number = 참여 번호
wait-progress = 진행 상황
wait-ahead = 앞에 계신 분
wait-behind = 뒤에 계신 분
wait-notice = 안내 말씀
wait-keep = 차례가 되면 자동으로 이동합니다. 새로고침하거나 창을 닫았다가 곧 다시 여셔도 순서는 그대로입니다.
wait-keep-account = 같은 계정이면 다른 기기에서 열어도 됩니다.
wait-refresh = 이 화면은 자동으로 새로고침됩니다.
wait-switches = 기다리시는 동안
wait-screen = 화면이 꺼지지 않게 하기
wait-sound = 차례에 소리로 알리기
wait-bell = 차례에 브라우저 알림 받기
wait-leave = 줄에서 나가기
wait-late = 자리를 비운 시간이 길어 이전 순서가 사라졌습니다. 대기열 맨 뒤에 새 순서를 잡아 드렸습니다.
wait-lost = 여신 주소는 너무 길거나 형식이 맞지 않아 기억할 수 없습니다. 차례가 되면 사이트의 첫 화면으로 이동합니다.
wait-again = 다시 시도
wait-of-show = { $title } · { $moment }
wait-back = 공연 화면으로
wait-back-coupon = 쿠폰 화면으로
wait-join = 줄 서기
wait-rejoin = 다시 줄 서기
wait-skip = 본문 바로가기

# 줄에서 나가기
wait-leave-title = 줄에서 나가시겠습니까?
wait-leave-text = 나가시면 지금 순서는 없어지고, 다시 서시면 맨 뒤에서 시작합니다. 창만 닫으실 때는 나가지 않으셔도 됩니다.
wait-leave-yes = 나가기
wait-leave-no = 계속 기다리기
wait-left-title = 줄에서 나오셨습니다
wait-left-text = 받으셨던 순서는 없어졌습니다. 마음이 바뀌시면 다시 줄을 서실 수 있습니다.

# 순서가 없을 때
wait-join-title = 이 줄에 서시겠습니까?
wait-join-text = 다른 곳의 링크로 오셔서 한 번 더 여쭙니다. 누르시면 맨 뒤에 서시게 됩니다.
wait-gone-title = 지금은 이 줄에 계시지 않습니다
wait-gone-text = 줄에서 나가셨거나, 입장하실 수 있는 시간이 지났습니다. 계속하시려면 다시 줄을 서 주십시오.
wait-lapsed-title = 입장하실 수 있는 시간이 끝났습니다
wait-lapsed-text = 입장한 뒤 정해진 시간이 지나 다음 분께 차례를 드렸습니다. 이미 잡아 두신 좌석이 있다면 내 예매에 그대로 있습니다. 다시 서시면 맨 뒤에서 시작합니다.
wait-elsewhere-title = 다른 줄에 서 계십니다
wait-elsewhere-text = 한 번에 한 줄에만 서실 수 있습니다. 그 줄의 순서는 그대로입니다.
wait-elsewhere-go = 서 있는 줄로 가기
wait-elsewhere-leave = 그 줄에서 나오기
wait-full-title = 대기열이 가득 찼습니다
wait-full-text = 지금은 기다리는 분이 많아 더 받을 수 없습니다. 잠시 후 자동으로 다시 시도합니다.
wait-toomany-title = 같은 네트워크에서 기다리는 분이 많습니다
wait-toomany-text = 같은 네트워크에서 이미 여러 분이 이 대기열에 서 있습니다. 잠시 후 자동으로 다시 시도합니다.
wait-busy-title = 잠시 뒤에 다시 확인합니다
wait-busy-text = 짧은 시간에 여러 번 확인하셔서 잠시 쉬었다가 자동으로 다시 시도합니다. 받으신 순서는 그대로입니다.
wait-notyet-title = 아직 열리지 않았습니다
wait-notyet-text = { $moment }에 열립니다. 그때까지 이 화면을 두시면 자동으로 줄을 섭니다. 서버 시계를 따르므로 새로고침하지 않으셔도 됩니다.
wait-notyet-unknown = 아직 여는 시각이 되지 않았습니다. 열리면 이 화면에서 자동으로 줄을 섭니다.
wait-cancelled-title = 취소된 공연입니다
wait-cancelled-text = 이 공연은 취소되어 예매를 받지 않습니다. 이미 결제하신 금액은 모두 돌려드립니다.
wait-ended-title = 예매가 끝났습니다
wait-ended-text = 이 회차의 예매는 끝났습니다. 이미 예매하신 티켓은 내 예매에 있습니다.
wait-closed-title = 대기열이 마감되었습니다
wait-closed-text = 더 이상 대기열에 들어갈 수 없습니다.
wait-soldout-title = 쿠폰이 모두 소진되었습니다
wait-soldout-text = 준비된 쿠폰을 모두 나누어 드려 줄을 마감했습니다.
wait-unavailable-title = 순서 확인이 지연되고 있습니다
wait-unavailable-text = 지금은 순서를 확인할 수 없습니다. 받은 순서는 그대로 유지되며, 잠시 후 자동으로 다시 시도합니다.
wait-processing-title = 쿠폰을 발급하고 있습니다
wait-processing-text = 차례가 되어 발급을 처리하는 중입니다. 이 화면을 닫으셔도 결과는 바뀌지 않습니다.
wait-nocookies-title = 쿠키가 필요합니다
wait-nocookies-text = 순서를 유지하려면 쿠키가 필요합니다. 브라우저에서 쿠키를 허용한 뒤 다시 시도해 주세요.
wait-cookielost-title = 대기열 쿠키를 확인할 수 없습니다
wait-cookielost-text = 브라우저가 다른 쿠키는 보내지만 이 대기열의 쿠키는 보내지 않습니다. 이 사이트의 쿠키를 삭제한 뒤 다시 시도해 주세요.
wait-account-title = 계정이 필요합니다
wait-account-text = 이 대기열에는 계정이 있어야 들어갈 수 있습니다.

# 줄을 서기 전의 확인
wait-ask-title = 줄을 서기 전에 잠시 확인합니다
wait-ask-pow = 프로그램이 사람의 자리를 차지하지 못하도록 브라우저가 간단한 계산을 합니다. 계산은 자동으로 진행됩니다.
wait-ask-working = 브라우저가 계산하고 있습니다. 끝나면 바로 줄을 섭니다.
wait-ask-failed = 이 브라우저로는 계산할 수 없습니다. 다른 브라우저로 다시 시도해 주세요.
wait-ask-script = 계산에는 JavaScript가 필요하지만 브라우저에서 꺼져 있습니다. 이 사이트에서 JavaScript를 허용한 뒤 이 화면을 새로고침해 주세요.
wait-ask-recaptcha = 프로그램이 사람의 자리를 차지하지 못하도록, 사람인지 확인해 주세요.
