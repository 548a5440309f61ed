# 좌석 선택. 아이디의 앞부분 `seats-js-`는 스크립트가 읽는 문장이다.
seats-title = 좌석 선택
seats-when = {$date} {$time}
seats-free-now = 지금 예매할 수 있는 좌석: {$count}석
seats-held-now = 결제 중인 좌석 {$count}석은 다시 나올 수 있습니다.
seats-none-now = 지금은 남은 좌석이 없습니다. 결제 중인 좌석 {$count}석이 다시 나올 수 있으니 이 화면에서 기다려 주십시오.
seats-all-sold = 모든 좌석이 매진되었습니다.
seats-steps = 인원을 고른 뒤 ‘나란히 좋은 자리’를 누르면 바로 자리를 잡아 드립니다. 직접 고르셔도 됩니다.

seats-party = 인원
seats-party-of = {$count}명
seats-grade = 등급
seats-grade-any = 상관없음
seats-grade-of = {$grade}석 · {$price}
seats-wheelchair = 휠체어석이 필요합니다
seats-best = 나란히 좋은 자리 잡기
seats-best-note = 남은 좌석 가운데 무대에서 가깝고 서로 붙어 있는 자리를 잡습니다. 결제 전에 바꿀 수 있습니다.

seats-map = 좌석 배치도
seats-map-skip = 배치도를 건너뛰고 구역 목록으로
seats-stage = 무대
seats-sections = 구역 목록
seats-sections-name = 구역
seats-sections-grade = 등급과 가격
seats-sections-left = 남은 좌석
seats-section-left = {$count}석
seats-section-none = 매진
seats-section-held = 결제 중 {$count}석
seats-part = {$section} {$from}–{$to}열
seats-back = 전체 배치도로

seats-row = {$row}열
seats-row-line = {$row}열 · {$grade}석 · {$price}
seats-row-groups = 나란히 빈 자리: {$groups}
seats-seat = {$number}번
seats-flag-aisle = 통로 쪽
seats-flag-wheelchair = 휠체어석
seats-flag-companion = 휠체어 동반석
seats-flag-obstructed = 시야 제한
seats-list-note = 좌석을 {$most}석까지 고른 뒤 아래 단추를 눌러 주십시오.
seats-list-empty = 이 구역에는 지금 남은 좌석이 없습니다. 다른 구역을 골라 주십시오.
seats-wheelchair-only = 휠체어석과 동반석만 보기
seats-hold = 고른 좌석 잡기
seats-hold-note = 잡은 좌석은 정해진 시간 동안 다른 사람이 예매할 수 없습니다. 결제는 그다음에 합니다.

seats-mine = 잡아 둔 좌석
seats-mine-until = {$time}까지 잡아 두었습니다.
seats-mine-left = 남은 시간
seats-mine-pay = 결제하기
seats-mine-change = 좌석 바꾸기
seats-mine-release = 좌석 놓기
seats-mine-paying = 결제를 시작한 좌석입니다. 좌석을 바꾸려면 결제를 마치거나 시간이 지나야 합니다.
seats-mine-deciding = 결제를 확인하고 있습니다. 다시 결제하지 마십시오.
seats-change-note = 지금 잡아 둔 좌석은 새 좌석을 잡을 때까지 그대로 있습니다. 남은 시간은 늘어나지 않습니다.
seats-change-now = 지금 잡아 둔 좌석
seats-change = 이 좌석으로 바꾸기
seats-change-cancel = 바꾸지 않기

seats-legend = 표시
seats-legend-free = 예매 가능
seats-legend-held = 결제 중, 다시 나올 수 있음
seats-legend-sold = 판매 완료
seats-legend-mine = 내가 고른 좌석

seats-error-none = 좌석을 하나 이상 골라 주십시오.
seats-error-many = 한 번에 {$most}석까지 고를 수 있습니다.
seats-error-held = 이 회차에는 이미 {$held}석을 가지고 계십니다. 한 사람이 {$most}석까지 예매할 수 있습니다.
seats-error-taken =
    { $count ->
       *[other] {$seats} 좌석이 방금 나갔습니다.
    }
seats-error-instead =
    { $count ->
       *[other] {$seats} 좌석이 비어 있습니다.
    }
seats-error-beside =
    { $count ->
       *[other] 나머지 옆에 {$seats} 좌석이 비어 있습니다.
    }
seats-error-nothing = 대신 드릴 좌석이 지금은 없습니다. 다른 구역을 골라 주십시오.
seats-instead-title = 대신 이 좌석은 어떻습니까
seats-instead = {$seats} 잡기
seats-error-best = 지금은 {$count}명이 앉을 좌석이 남아 있지 않습니다. 인원이나 등급을 바꿔 보십시오.
seats-error-best-grade = {$grade}석에는 {$count}명이 앉을 좌석이 남아 있지 않습니다.
seats-error-busy = 같은 계정의 다른 요청을 처리하고 있습니다. 잠시 뒤에 다시 눌러 주십시오.
seats-error-expired = 좌석을 잡아 둔 시간이 지났습니다. 다시 골라 주십시오.
seats-error-paying = 결제를 시작한 좌석은 바꿀 수 없습니다.
seats-error-closed = 판매가 끝났습니다.
seats-error-early = 아직 판매가 시작되지 않았습니다.
seats-error-cancelled = 취소된 공연입니다. 결제하신 금액은 모두 돌려드립니다.
seats-error-other = 지금은 처리하지 못했습니다. 고른 좌석은 그대로 있으니 다시 눌러 주십시오.
seats-released = 좌석을 놓았습니다.
seats-trouble = 연결이 고르지 않습니다. 좌석 상태가 늦을 수 있으며, 저절로 다시 연결합니다.

seats-js-short = {$row}열 {$number}번
seats-js-name = {$section} {$row}열 {$number}번, {$grade}석, {$price}원, {$state}
seats-js-and = ,
seats-js-last = 및
seats-js-part = {$section} {$from}–{$to}열
seats-js-won = {$price}원
seats-js-state-free = 예매 가능
seats-js-state-held = 결제 중
seats-js-state-sold = 판매 완료
seats-js-state-closed = 판매하지 않음
seats-js-mine = 선택함
seats-js-own = 내가 잡은 좌석
seats-js-flag-aisle = 통로 쪽
seats-js-flag-wheelchair = 휠체어석
seats-js-flag-companion = 휠체어 동반석
seats-js-flag-obstructed = 시야 제한
seats-js-row = {$row}열
seats-js-left = {$count}석
seats-js-none = 매진
seats-js-paying = 결제 중 {$count}석
seats-js-free-now = 지금 예매할 수 있는 좌석: {$count}석
seats-js-grid = {$section} 좌석. 화살표로 움직이고 스페이스로 고릅니다. N은 다음 빈 자리, L은 목록, Esc는 전체 배치도입니다.
seats-js-keys = 화살표로 움직이기 · 스페이스로 고르기 · N 다음 빈 자리 · L 목록 · Esc 전체
seats-js-in = {$section}, 남은 좌석 {$count}석
seats-js-edge = 더 이어지는 구역이 없습니다.
seats-js-all-full = 이 구역에는 빈 자리가 없습니다.
seats-js-overview = 전체 배치도
seats-js-list = 목록으로 보기
seats-js-map = 그림으로 보기
seats-js-closer = 크게
seats-js-farther = 작게
seats-js-place-one = {$number}번
seats-js-place-many = {$from}–{$to}번
seats-js-group = {$row}열 {$from}–{$to}번
seats-js-none-in-row = 나란한 빈 자리 없음
seats-js-list-hint = {$count}명이 나란히 앉을 수 있는 자리입니다. 누르면 선택됩니다.
seats-js-chosen = 고른 좌석 {$count}석, {$price}원
seats-js-nothing = 좌석을 고르면 여기에 나타납니다.
seats-js-added = {$seat} 선택했습니다. 모두 {$count}석, {$price}원.
seats-js-removed = {$seat} 선택을 풀었습니다. 모두 {$count}석, {$price}원.
seats-js-remove = {$seat} 빼기
seats-js-not-free = {$seat}은 지금 고를 수 없습니다. {$state}입니다.
seats-js-too-many = {$most}석까지 고를 수 있습니다. 먼저 다른 좌석을 빼 주십시오.
seats-js-orphan = {$seats} 자리가 혼자 남습니다. 그래도 예매할 수 있습니다. 한 칸 옆으로 옮겨 주시면 다른 분께 도움이 됩니다.
seats-js-hold = 이 좌석 잡기
seats-js-holding = 좌석을 잡는 중입니다.
seats-js-change = 이 좌석으로 바꾸기
seats-js-taken-one = {$seats} 좌석이 방금 나갔습니다.
seats-js-taken-many = {$seats} 좌석이 방금 나갔습니다.
seats-js-beside-one = 고르신 자리 옆에 {$seats} 좌석이 비어 있습니다.
seats-js-beside-many = 고르신 자리 옆에 {$seats} 좌석이 비어 있습니다.
seats-js-together-one = {$seats} 좌석이 비어 있습니다.
seats-js-together-many = {$seats} 좌석이 나란히 비어 있습니다.
seats-js-near-one = 가까운 {$seats} 좌석이 비어 있습니다.
seats-js-near-many = 가까운 {$seats} 좌석이 비어 있습니다.
seats-js-taken-nothing = 나머지 선택은 그대로 있습니다.
seats-js-instead = {$seats} 잡기
seats-js-look = 대신할 자리 찾기
seats-js-best-none = 지금은 {$count}명이 앉을 좌석이 남아 있지 않습니다. 인원이나 등급을 바꿔 보십시오.
seats-js-best-grade = {$grade}석에는 {$count}명이 앉을 좌석이 없습니다. 다른 등급의 {$seats} 좌석이 비어 있습니다.
seats-js-held = 이 회차에는 이미 {$held}석을 가지고 계십니다. 한 사람이 {$most}석까지 예매할 수 있습니다.
seats-js-back = 다시 연결되었습니다.
seats-js-again = 지금은 처리하지 못했습니다. 고른 좌석은 그대로 있으니 다시 눌러 주십시오.
seats-js-lapsed = 입장 시간이 끝났습니다. 이미 잡아 둔 좌석은 남은 시간 동안 그대로 결제할 수 있습니다.
seats-js-line = 다시 줄 서기
seats-js-cancelled = 취소된 공연입니다. 결제하신 금액은 모두 돌려드립니다.
seats-js-time = 잡아 둔 시간이 {$minutes}분 남았습니다.
seats-js-time-seconds = 잡아 둔 시간이 {$seconds}초 남았습니다.
seats-js-time-over = 좌석을 잡아 둔 시간이 지났습니다.
