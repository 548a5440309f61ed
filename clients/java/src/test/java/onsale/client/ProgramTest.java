package onsale.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against the running program: clients/test.sh starts it, and evening.py has sold tickets and held a draw there. */
class ProgramTest {
    private static Data evening;
    private static Onsale shop;

    @BeforeAll
    static void open() {
        String file = System.getenv("ONSALE_EVENING");
        assumeTrue(file != null, "clients/test.sh PROGRAM runs these");
        evening = Vectors.read(Path.of(file));
        shop = of().apiKey(evening.at("apiKey").text()).build();
    }

    private static Onsale.Builder of() {
        return Onsale.at(evening.at("url").text());
    }

    private static String makeCampaign() throws InterruptedException {
        String name = "java-" + Patience.newKey().substring(0, 10);
        Map<String, Object> discount = Map.of("type", "fixed", "value", 1_000);
        Map<String, Object> campaign = Map.of("event_id", name, "name", "Java", "stock", 20, "discount", discount);
        assertEquals(20, shop.call(Operation.POST_API_V1_ADMIN_CAMPAIGNS, Call.with(campaign)).at("stock").number());
        Call opened = Call.with().path("event_id", name);
        Data open = shop.call(Operation.POST_API_V1_ADMIN_CAMPAIGNS_EVENT_ID_OPEN, opened);
        assertEquals("active", open.at("status").text());
        return name;
    }

    private static Data issue(Onsale onsale, String user, String campaign, String key) throws InterruptedException {
        Call call = Call.with(Map.of("user_id", user, "event_id", campaign));
        return onsale.call(Operation.POST_API_V1_COUPONS_ISSUE, key == null ? call : call.key(key));
    }

    @Test
    void onePressIsDoneOnce() throws InterruptedException {
        String name = makeCampaign();
        String key = Patience.newKey();
        String orderKey = Patience.newKey();
        Data first = issue(shop, "ann", name, key);
        assertEquals("ISSUED", first.at("code").text());
        assertEquals(first, issue(shop, "ann", name, key));
        assertEquals("ALREADY_ISSUED", issue(shop, "ann", name, null).at("code").text(), "a new press");
        String coupon = first.at("coupon_id").text();
        String order = "order-" + name;
        String address = "/api/v1/coupons/" + coupon + "/redeem";
        List<Reply> replies = new ArrayList<>();
        for (int n = 0; n < 2; n++) {
            Call redeem = Call.with(Map.of("order_id", order, "amount", 30_000)).key(orderKey);
            replies.add(shop.ask("POST", address, redeem));
        }
        assertEquals(null, replies.get(0).header("Idempotency-Replayed").orElse(null));
        assertEquals("true", replies.get(1).header("Idempotency-Replayed").orElse(null));
        assertEquals(replies.get(0).data(), replies.get(1).data());
        assertEquals(1_000, replies.get(0).data().at("discount_amount").number());
        Call confirm = Call.with(Map.of("order_id", order)).path("coupon_id", coupon);
        Data confirmed = shop.call(Operation.POST_API_V1_COUPONS_COUPON_ID_REDEEM_CONFIRM, confirm);
        assertEquals("REDEEMED", confirmed.at("status").text());
    }

    @Test
    void aRefusalHasItsCodeAndItsTrace() {
        OnsaleException refused = assertThrows(OnsaleException.class, () -> issue(shop, "ann", "nowhere", null));
        assertEquals(404, refused.status());
        assertEquals("CAMPAIGN_NOT_FOUND", refused.code());
        assertNotNull(refused.reply().traceId());
    }

    @Test
    void aCrowdWaitsAsTheServerSaysAndEverybodyIsAnswered() throws Exception {
        String name = makeCampaign();
        AtomicInteger pauses = new AtomicInteger();
        Patience patience = Patience.standard().withTries(60).withDraw(() -> pauses.getAndIncrement() * 0.0);
        Onsale crowd = of().apiKey(evening.at("apiKey").text()).patience(patience).build();
        ExecutorService threads = Executors.newFixedThreadPool(6);
        List<String> codes = new ArrayList<>();
        try {
            Callable<String> one = () -> issue(crowd, "ben", name, null).at("code").text();
            for (Future<String> code : threads.invokeAll(Collections.nCopies(6, one))) {
                codes.add(code.get());
            }
        } finally {
            threads.shutdownNow();
        }
        Collections.sort(codes);
        String again = "ALREADY_ISSUED";
        assertEquals(Arrays.asList(again, again, again, again, again, "ISSUED"), codes);
        // One call a second is this server's limit for a user.
        assertTrue(pauses.get() > 0, "the server has refused nobody, so nothing was shown");
    }

    @Test
    void aDoorChecksTicketsWithoutTheNetwork() throws NotOurs, InterruptedException {
        Onsale operator = of().accessToken(evening.at("adminToken").text()).build();
        TicketKeys keys = TicketKeys.of(shop.call(Operation.GET_TICKETS_KEYS).at("keys"));
        Call schedule = Call.with().path("scheduleId", evening.at("schedule").text());
        String text = operator.call(Operation.GET_TICKETS_DOORS_SCHEDULE_ID, schedule).text();
        Door door = new Door(keys, keys.readDoorList(text));
        String at = evening.at("now").text();
        String ticket = evening.at("tickets", "java").text();
        assertEquals(TicketStatus.CANCELLED, door.show(evening.at("tickets", "cancelled").text(), at).status());
        String forged = ticket.substring(0, ticket.length() - 1) + (ticket.endsWith("B") ? "C" : "B");
        assertEquals(TicketStatus.FORGED, door.show(forged, at).status());
        Door.Shown shown = door.show(ticket, at);
        assertEquals(TicketStatus.VALID, shown.status());
        assertEquals(1, shown.seats().size());
        assertEquals(TicketStatus.USED, door.show(ticket, at).status());
        Call marks = Call.with(Map.of("gate", "3", "list", door.marks()));
        Data marked = operator.call(Operation.POST_TICKETS_VERIFY_BATCH, marks);
        assertEquals(1, marked.at("list").list().size());
        assertEquals("VALID", marked.at("list", 0, "status").text());
        Data seen = operator.call(Operation.POST_TICKETS_VERIFY, Call.with(Map.of("qrData", ticket)));
        assertEquals("USED", seen.at("status").text());
        assertEquals(shown.number(), seen.at("ticketNumber").text());
        assertEquals(shown.seats(), seen.at("seats").value());
    }

    @Test
    void aDrawIsFoundAsTheProgramFindsIt() throws InterruptedException {
        Data expected = evening.at("draw");
        Call line = Call.with().path("line", evening.at("line").text());
        Data document = shop.call(Operation.GET_QUEUE_SERVING_LINE, line);
        String entries = shop.call(Operation.GET_QUEUE_DRAW_LINE_ENTRIES, line).text();
        String key = shop.call(Operation.GET_QUEUE_RECEIPT_KEY).at("publicKey").text();
        String receipt = evening.at("receipt").text();
        String user = evening.at("user").text();
        DrawCheck found = DrawCheck.of(document, entries, new DrawCheck.Receipt(receipt, key, user));
        assertEquals("allPassed", expected.at("verdict").text());
        assertEquals(expected.at("verdict").text(), found.verdict().toString());
        Map<String, String> checks = new TreeMap<>();
        found.checks().forEach((name, outcome) -> checks.put(name, outcome.toString()));
        assertEquals(expected.at("checks").value(), checks);
        assertEquals(expected.at("order").toString(), Json.write(found.order()));
        assertEquals(expected.at("ticket").value(), found.ticket());
        DrawCheck other = DrawCheck.of(document, entries, new DrawCheck.Receipt(receipt, key, "somebody"));
        assertEquals(DrawCheck.Verdict.FAILED, other.verdict());
        List<String> turned = new ArrayList<>(Arrays.asList(entries.strip().split("\\s+")));
        Collections.rotate(turned, 1);
        assertEquals(DrawCheck.Verdict.FAILED, DrawCheck.of(document, String.join("\n", turned), null).verdict());
    }
}
