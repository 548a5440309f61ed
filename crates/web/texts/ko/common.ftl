# 모든 화면에 있는 말
common-name = 온세일
common-skip = 본문으로 건너뛰기
common-nav = 주요 메뉴
common-shows = 공연
common-coupons = 쿠폰
common-mine = 내 예매
common-other-language = English
common-footer = 모든 시각은 한국 시각이며, 서버 시계를 따릅니다.
common-unsent = 로그인이 끝나 있어, 방금 보내신 내용은 처리하지 않았습니다. 바뀐 것은 없습니다. 다시 적어 보내 주십시오.
