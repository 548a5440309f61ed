//! Two tabs of one browser: one speaks for both.

use super::shop::open;
use super::steps;
use crate::browser::Person;

/// Requests of the tabs, told apart.
fn asked(tabs: [&Person; 2], method: &str, path: &str) -> [usize; 2] {
    tabs.map(|tab| tab.asked(method, path).len())
}

#[test]
fn one_tab_asks_and_both_go_in() {
    let Some((browser, shop)) = open() else { return };
    let (first, _) = shop.visitor(browser);
    let show = shop.new_show();
    shop.let_in(&show, 0);
    let second = first.another_tab();
    let here = shop.url(&format!("/wait/{}", show.schedule));
    let tabs = [&first, &second];
    for tab in tabs {
        tab.open(&here);
        tab.until("document.querySelector('main').className === 'is-live'");
    }
    let serving = format!("/queue/serving/{}", show.schedule);
    let before = asked(tabs, "GET", &serving);
    // Both are told to look again at once; only the one that speaks for both does.
    for tab in tabs {
        tab.value("dispatchEvent(new Event('online'))");
    }
    first.until_true("one asks", |_| asked(tabs, "GET", &serving) != before);
    let after = asked(tabs, "GET", &serving);
    assert!((after[0] > before[0]) != (after[1] > before[1]), "{before:?}, {after:?}");
    let streams = tabs.map(|tab| tab.requests().into_iter().filter(|request| request.kind == "EventSource").count());
    assert!(streams[0] + streams[1] <= 2, "{streams:?}");
    shop.let_in(&show, 50);
    for tab in tabs {
        steps::wait_for_seats(tab, &show);
        tab.assert_clean(&[]);
    }
}

/// The access token has run out, and both tabs ask at once: a refresh token that is used twice would end the session.
#[test]
fn the_session_is_renewed_once_for_both_tabs() {
    let Some((browser, shop)) = open() else { return };
    let (first, _) = shop.visitor(browser);
    let second = first.another_tab();
    let tabs = [&first, &second];
    for tab in tabs {
        tab.open(&shop.url("/coupons/sample_event"));
    }
    let expired = "document.cookie.includes('csrfToken=')";
    assert_eq!(first.value(expired), Some(true.into()));
    first.delete_cookie("accessToken");
    let ask = "window.heard = import(document.querySelector('link[rel=modulepreload]').href).then((core) => core.ask('GET', \
               '/users/me')).then((answer) => answer.status); 0";
    for tab in tabs {
        tab.value(ask);
    }
    for tab in tabs {
        assert_eq!(tab.value("window.heard"), Some(200.into()), "{:?}", tab.requests());
    }
    let renewed = asked(tabs, "POST", "/session/refresh");
    assert_eq!(renewed[0] + renewed[1], 1, "{renewed:?}");
}

/// The tab that asks is closed: the other goes on at once, not only when a timer ends.
#[test]
fn another_tab_goes_on_when_the_first_is_closed() {
    let Some((browser, shop)) = open() else { return };
    let (first, _) = shop.visitor(browser);
    let show = shop.new_show();
    shop.let_in(&show, 0);
    let second = first.another_tab();
    let here = shop.url(&format!("/wait/{}", show.schedule));
    first.open(&here);
    first.until("document.querySelector('main').className === 'is-live'");
    second.open(&here);
    second.until("document.querySelector('main').className === 'is-live'");
    let serving = format!("/queue/serving/{}", show.schedule);
    let leader = if second.asked("GET", &serving).is_empty() { (&first, &second) } else { (&second, &first) };
    let before = leader.1.asked("GET", &serving).len();
    leader.0.close_page();
    leader.1.until_true("the other tab asks", |tab| tab.asked("GET", &serving).len() > before);
    shop.let_in(&show, 50);
    steps::wait_for_seats(leader.1, &show);
}
