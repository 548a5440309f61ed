use super::*;

type Notes = Rc<RefCell<Vec<(i64, &'static str)>>>;

fn note(machine: &Machine, notes: &Notes, text: &'static str) {
    notes.borrow_mut().push((machine.now_ms(), text));
}

#[test]
fn tasks_run_in_the_order_of_time_and_then_of_arrival() {
    let (machine, notes) = (Machine::new(1, 0), Notes::default());
    for (wait_ms, text) in [(20, "late"), (10, "first"), (10, "second")] {
        let (machine, notes) = (machine.clone(), Rc::clone(&notes));
        machine.clone().spawn(WORLD, async move {
            machine.sleep(wait_ms).await;
            note(&machine, &notes, text);
        });
    }
    machine.run_until(15);
    assert_eq!(*notes.borrow(), [(10, "first"), (10, "second")]);
    assert_eq!(machine.now_ms(), 15);
    machine.run_until(100);
    assert_eq!(notes.borrow().last(), Some(&(20, "late")));
}

#[test]
fn a_killed_instance_stops_where_it_stands_and_others_go_on() {
    let (machine, notes) = (Machine::new(1, 0), Notes::default());
    for (owner, text) in [(Owner(0), "killed"), (Owner(1), "alive")] {
        let (machine, notes) = (machine.clone(), Rc::clone(&notes));
        machine.clone().spawn(owner, async move {
            loop {
                machine.sleep(10).await;
                note(&machine, &notes, text);
            }
        });
    }
    machine.run_until(10);
    machine.kill(Owner(0));
    machine.run_until(20);
    assert_eq!(*notes.borrow(), [(10, "killed"), (10, "alive"), (20, "alive")]);
    // Its place is another's now, whom an old timer does not wake.
    let (again, seen) = (machine.clone(), Rc::clone(&notes));
    machine.spawn(Owner(0), async move {
        again.sleep(25).await;
        note(&again, &seen, "again");
    });
    machine.run_until(45);
    assert_eq!(notes.borrow().iter().filter(|(_, text)| *text == "again").collect::<Vec<_>>(), [&(45, "again")]);
}

#[test]
fn a_stalled_instance_goes_on_later_with_all_that_was_due() {
    let (machine, notes) = (Machine::new(1, 0), Notes::default());
    let (inner, seen) = (machine.clone(), Rc::clone(&notes));
    machine.spawn(Owner(0), async move {
        inner.sleep(10).await;
        note(&inner, &seen, "one");
        inner.sleep(10).await;
        note(&inner, &seen, "two");
    });
    machine.run_until(5);
    machine.stall(Owner(0), 500);
    machine.run_until(600);
    assert_eq!(*notes.borrow(), [(500, "one"), (510, "two")]);
}

#[test]
fn an_answer_comes_in_time_or_not_at_all() {
    let (machine, notes) = (Machine::new(1, 0), Notes::default());
    for (delay_ms, text) in [(50, "in time"), (150, "too late")] {
        let reply = Reply::new(&machine);
        let (inner, seen, promised) = (machine.clone(), Rc::clone(&notes), reply.clone());
        machine.spawn(WORLD, async move {
            let heard = promised.within(100).await;
            note(&inner, &seen, heard.unwrap_or("nothing"));
        });
        let inner = machine.clone();
        machine.spawn(WORLD, async move {
            inner.sleep(delay_ms).await;
            reply.set(text);
        });
    }
    machine.run_until(1_000);
    assert_eq!(*notes.borrow(), [(50, "in time"), (100, "nothing")]);
}

#[test]
fn news_between_the_look_and_the_wait_is_not_lost() {
    let (machine, notes, news) = (Machine::new(1, 0), Notes::default(), Notify::default());
    let (inner, seen, heard) = (machine.clone(), Rc::clone(&notes), news.clone());
    machine.spawn(WORLD, async move {
        let count = heard.count();
        inner.sleep(10).await;
        heard.after(&inner, count, 1_000).await;
        note(&inner, &seen, "heard");
        heard.after(&inner, heard.count(), 1_000).await;
        note(&inner, &seen, "nothing more");
    });
    machine.run_until(5);
    news.tell(&machine);
    machine.run_until(2_000);
    assert_eq!(*notes.borrow(), [(10, "heard"), (1_000, "nothing more")]);
}

#[test]
fn a_seed_decides_what_is_drawn() {
    let drawn = |seed| {
        let machine = Machine::new(seed, 0);
        (machine.number(), machine.pick(0..1_000), machine.one_of(7), machine.chance(500))
    };
    assert_eq!(drawn(9), drawn(9));
    assert_ne!(drawn(9).0, drawn(10).0);
}
