//! The kind of a browser, by its name: what a cookie is made for.
//!
//! It must be the same for everything that one browser sends with its cookies: after an update, with "request desktop
//! site", and from the program that plays films for it. It is coarse therefore: the family of the browser, not the device.

/// Families by a part of the name, in this order: a later part also stands in the names of earlier ones.
const FAMILIES: [(&[&str], &str); 8] = [
    // Every browser of a telephone or tablet of Apple is the system's, and one program plays films for all of them. "Request
    // desktop site" says that it is a Macintosh.
    (&["applecoremedia", "iphone", "ipad", "ipod", "crios/", "fxios/", "edgios/", "opt/"], "apple"),
    (&["edg/", "edga/", "edge/"], "edge"),
    (&["opr/", "opera"], "opera"),
    (&["samsungbrowser"], "samsung"),
    (&["whale/"], "whale"),
    (&["firefox/"], "firefox"),
    // The second plays films for the browsers of older Android.
    (&["chrome/", "chromium/", "stagefright"], "chrome"),
    (&["applewebkit"], "apple"),
];

/// The kind of the browser with this `User-Agent`. An unknown one counts by its name without digits and what joins them.
pub fn kind(agent: &[u8]) -> Vec<u8> {
    let name = agent.to_ascii_lowercase();
    let has = |part: &&&str| name.windows(part.len()).any(|window| window == part.as_bytes());
    let family = FAMILIES.iter().find(|(parts, _)| parts.iter().any(|part| has(&part)));
    match family {
        Some((_, family)) => family.as_bytes().to_vec(),
        None => agent.iter().copied().filter(|byte| !byte.is_ascii_digit() && !b"._".contains(byte)).collect(),
    }
}

/// Parts of the names by which robots call themselves.
const CRAWLERS: [&str; 11] = [
    "bot/",
    "bot;",
    "bot-",
    "crawler",
    "spider",
    "slurp",
    "yeti/",
    "facebookexternalhit",
    "kakaotalk-scrap",
    "mediapartners",
    "archiver",
];

/// Whether a robot says that it is one: it keeps no cookie. Whoever says so falsely only harms itself.
pub fn is_crawler(agent: &[u8]) -> bool {
    let name = agent.to_ascii_lowercase();
    CRAWLERS.iter().any(|part| name.windows(part.len()).any(|window| window == part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                          Version/17.1.2 Mobile/15E148 Safari/604.1";
    const CHROME: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 \
                          Mobile Safari/537.36";

    #[test]
    fn what_one_browser_sends_is_of_one_kind() {
        for (first, others) in [
            (
                SAFARI,
                &[
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/17.2 Mobile/15E148 Safari/604.1",
                    "AppleCoreMedia/1.0.0.21B101 (iPhone; U; CPU OS 17_1_2 like Mac OS X; ko_kr)",
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/17.1 Safari/605.1.15",
                ][..],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1",
                &[
                    "AppleCoreMedia/1.0.0.21B101 (iPhone; U; CPU OS 17_1 like Mac OS X; ko_kr)",
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120 \
                     Version/11.1.1 Safari/605.1.15",
                ],
            ),
            (
                CHROME,
                &[
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                    "stagefright/1.2 (Linux;Android 7.0)",
                ],
            ),
            ("Shop/17_1_2 (a)", &["Shop/17.2 (a)", "Shop/18 (a)"]),
        ] {
            for other in others {
                assert_eq!(kind(first.as_bytes()), kind(other.as_bytes()), "{first}\n{other}");
            }
        }
    }

    #[test]
    fn browsers_are_told_apart() {
        let agents = [
            SAFARI,
            CHROME,
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 \
             Safari/537.36 Edg/130.0.0.0",
            "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 \
             Chrome/115.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Whale/3.28 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 OPR/114.0",
            "Shop/1",
            "",
        ];
        for (place, one) in agents.iter().enumerate() {
            for other in &agents[place + 1..] {
                assert_ne!(kind(one.as_bytes()), kind(other.as_bytes()), "{one}\n{other}");
            }
        }
        assert_eq!(kind(b"\xff\xfeShop 1"), b"\xff\xfeShop ");
    }

    #[test]
    fn robots_are_known_by_their_names() {
        for robot in
            ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://example.com/bot.html)", "Yeti/1.1", "Baiduspider"]
        {
            assert!(is_crawler(robot.as_bytes()), "{robot}");
        }
        for person in [SAFARI, CHROME, "", "curl/8.5.0", "Mozilla/5.0 (Linux; Android 9; CUBOT X19)"] {
            assert!(!is_crawler(person.as_bytes()), "{person}");
        }
    }
}
