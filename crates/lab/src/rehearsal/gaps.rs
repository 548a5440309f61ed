//! The gaps of a rehearsal. There always are some: the certificate names them, so that its figures are not taken for more.

use super::{Evening, Part, PartName, Stage};

/// All gaps, each in English and Korean.
pub(super) fn of(evening: &Evening, stage: &Stage, parts: &[Part]) -> Vec<[String; 2]> {
    let mut gaps = Vec::new();
    let mut say = |english: String, korean: String| gaps.push([english, korean]);
    if stage.crowd.url.is_none() {
        say(
            "The deployment: temporary servers on the machine of the load test were measured.".to_owned(),
            "실제 서버: 부하를 만든 장비에 임시 서버를 띄워 쟀습니다.".to_owned(),
        );
    }
    for name in [PartName::Coupons, PartName::Line, PartName::Tickets] {
        if parts.iter().all(|part| part.name != name) {
            let [english, korean] = name.title();
            let why = reason(evening, stage, name);
            say(format!("\"{english}\": {}.", why[0]), format!("\"{korean}\": {}.", why[1]));
        }
    }
    say(
        format!(
            "More than {} people over {} connections, and people who bring connections, addresses and browsers of their own.",
            evening.people, evening.connections
        ),
        format!(
            "{}명, 연결 {}개를 넘는 규모와, 사람마다 다른 연결·주소·브라우저.",
            evening.people, evening.connections
        ),
    );
    say(
        "The way from people's networks to the load test's machine, and payment at the real provider.".to_owned(),
        "사람들의 통신망에서 여기까지 오는 길과, 실제 결제사의 결제.".to_owned(),
    );
    say(
        "Failures: no server, disk or network was broken on purpose (see the drills in the operations guide)."
            .to_owned(),
        "고장: 서버·디스크·네트워크를 일부러 고장 내지 않았습니다(운영 안내서의 훈련을 보세요).".to_owned(),
    );
    gaps
}

fn reason(evening: &Evening, stage: &Stage, name: PartName) -> [String; 2] {
    match (name, &stage.tickets) {
        (PartName::Tickets, Err(why)) if evening.seats > 0 => [why.clone(), why.clone()],
        _ => ["its size in [rehearsal] is 0".to_owned(), "[rehearsal]에 크기가 0으로 정해져 있습니다".to_owned()],
    }
}
