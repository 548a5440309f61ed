# 첫 화면, 공연 목록, 공연 상세. `shop-js-`로 시작하는 글은 스크립트도 씁니다.

# 첫 화면
shop-about = 예매가 몰려도 순서를 지켜 드리는 공연 예매와 선착순 쿠폰입니다.
shop-home-title = 서두르지 않아도 되는 예매
shop-home-lead = 예매가 몰리면 대기 순서를 드립니다. 창을 닫거나 연결이 끊겨도 그 순서는 그대로입니다.
shop-home-on-sale = 지금 예매할 수 있는 공연
shop-home-none = 지금 예매 중인 공연이 없습니다.
shop-home-all = 공연 모두 보기
shop-home-coming = 곧 열리는 공연
shop-home-coupons = 쿠폰
shop-home-all-coupons = 쿠폰 모두 보기
shop-demo = 체험판입니다. 공연은 실제가 아니며 돈도 빠져나가지 않습니다. 로그인 정보는 서버를 시작한 터미널에 있습니다.
shop-demo-docs = API 문서
shop-demo-console = 운영 화면
shop-old = 지금은 새 목록을 받을 수 없어 { $time }에 받은 목록을 보여 드립니다.
shop-coupon-left = { $count }장 남음
shop-coupon-opens = { $moment }에 열립니다

# 목록의 공연
shop-price-from = { $price }부터
shop-state-open = 예매 중
shop-state-soon = { $moment } 예매 시작
shop-state-over = 종료
shop-state-cancelled = 취소됨

# 공연 목록
shop-list-title = 공연
shop-list-about = 예매 중이거나 곧 열리는 공연입니다.
shop-list-search = 공연 찾기
shop-list-keyword = 공연이나 출연자
shop-list-city = 지역
shop-list-anywhere = 모든 지역
shop-list-status = 상태
shop-list-go = 찾기
shop-list-clear = 조건 모두 지우기
shop-list-found = 공연 { $count }개
shop-list-empty = 조건에 맞는 공연이 없습니다
shop-list-empty-drop = 다음 조건을 빼면 찾을 수 있습니다.
shop-list-empty-all = 조건을 하나씩 빼도 맞는 공연이 없습니다. 조건을 모두 지우고 찾아보십시오.
shop-list-empty-none = 아직 열린 공연이 없습니다.
shop-list-drop = ‘{ $value }’ 빼기: 공연 { $count }개
shop-list-pages = 목록의 쪽
shop-list-before = 이전 쪽
shop-list-after = 다음 쪽
shop-list-page = { $pages }쪽 중 { $page }쪽
shop-which-open = 예매 중이거나 곧 열림
shop-which-upcoming = 곧 열림
shop-which-ended = 지난 공연
shop-which-cancelled = 취소된 공연

# 공연 상세
shop-show-when = 기간
shop-show-where = 장소
shop-show-times = 날짜와 시간
shop-show-no-times = 정해진 날짜가 없습니다.
shop-show-how = 로그인한 뒤 대기 순서를 받고, 차례가 되면 좌석을 고르십니다.
shop-show-reload = 시작 시각이 되면 이 화면을 새로 열어 주십시오.
shop-show-prices = 가격
shop-show-grade = 등급
shop-show-price = 한 장 가격
shop-show-about = 공연 소개
shop-show-cancelled = 취소된 공연입니다. 결제하신 금액은 모두 돌려드립니다.
shop-show-old = 지금은 새 정보를 받을 수 없어 { $time }의 정보를 보여 드립니다. 남은 좌석은 다를 수 있습니다.
shop-grade = { $grade }석

# 회차
shop-time-join = 예매하기
shop-time-wait = 기다리기
shop-time-not-yet = 아직 열리지 않았습니다
shop-time-left = { $count }석 남음
shop-time-opens = { $moment } 예매 시작
shop-time-in-payment = 매진, { $count }석은 결제 중입니다. 결제되지 않으면 다시 나옵니다.
shop-time-sold-out = 매진
shop-time-over = 예매가 끝났습니다
shop-time-cancelled = 취소된 회차입니다
shop-js-opens = { $time } 뒤에 열립니다
shop-js-days = { $days }일 { $time }
shop-js-join = 예매하기
shop-js-open = 예매가 시작되었습니다. 이제 예매하실 수 있습니다.
