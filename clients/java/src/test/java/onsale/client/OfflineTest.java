package onsale.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tickets, lists of doors and draws, without a server. */
class OfflineTest {
    private static final TicketKeys KEYS = TicketKeys.of(Vectors.ALL.at("keys"));
    private static final String GOOD = Vectors.ALL.at("codes", 0, "text").text();

    private static DoorList list() throws NotOurs {
        return KEYS.readDoorList(Vectors.ALL.at("doorList", "good").text());
    }

    @Test
    void aCodeIsReadOnlyAsItWasSigned() {
        List<Data> codes = Vectors.ALL.at("codes").list();
        assertTrue(codes.size() > 20);
        for (Data one : codes) {
            String name = one.at("name").text();
            String fault = null;
            TicketCode code = null;
            try {
                code = KEYS.read(one.at("text").text());
            } catch (NotOurs refused) {
                fault = refused.fault().name();
            }
            assertEquals(one.at("fault").text(), fault, name);
            if (code != null) {
                Data expected = one.at("code");
                TicketCode wanted = new TicketCode(
                        expected.at("number").text(), expected.at("reservation").text(), expected.at("schedule").text());
                assertEquals(wanted, code, name);
            }
        }
    }

    @Test
    void aListIsReadOnlyAsItWasSigned() throws NotOurs {
        Data expected = Vectors.ALL.at("doorList");
        DoorList list = list();
        assertEquals(expected.at("schedule").text(), list.schedule());
        assertEquals(expected.at("at").text(), list.at());
        assertEquals(expected.at("tickets").list().size(), list.tickets().size());
        for (Data ticket : expected.at("tickets").list()) {
            DoorTicket found = list.tickets().get(ticket.at("t").text());
            assertEquals(ticket.at("r").text(), found.reservation());
            assertEquals(ticket.at("seats").value(), found.seats());
            assertEquals(ticket.at("status").text(), found.status().name());
        }
        for (Data one : expected.at("refused").list()) {
            NotOurs refused = assertThrows(NotOurs.class, () -> KEYS.readDoorList(one.at("text").text()));
            assertEquals(one.at("fault").text(), refused.fault().name(), one.at("name").text());
        }
    }

    @Test
    void aDoorWithoutTheNetworkLetsEachGoodTicketInOnce() throws NotOurs {
        for (Data one : Vectors.ALL.at("codes").list()) {
            Door.Shown shown = new Door(KEYS, list()).show(one.at("text").text(), "2026-12-24T10:00:00Z");
            assertEquals(one.at("door").text(), shown.status().name(), one.at("name").text());
        }
        Door door = new Door(KEYS, list());
        Door.Shown first = door.show(GOOD, "2026-12-24T10:00:00Z");
        assertEquals(new Door.Shown(TicketStatus.VALID, "T20261223-0000000001", List.of("A-1", "가-12")), first);
        assertEquals(TicketStatus.USED, door.show(GOOD, "2026-12-24T10:00:05Z").status());
        assertEquals(List.of(Map.of("qrData", GOOD, "at", "2026-12-24T10:00:00Z")), door.marks());
    }

    @Test
    void theNameOfAKeyFollowsFromTheKey() throws NotOurs {
        Object renamed = Vectors.ALL.at("keys").list().stream()
                .map(key -> Map.of("keyId", "00000000", "publicKey", key.at("publicKey").text()))
                .toList();
        assertEquals("T20261223-0000000001", TicketKeys.of(new Data(renamed)).read(GOOD).number());
    }

    private static DrawCheck.Receipt receipt(Data of) {
        String text = of.at("receipt").text();
        return text == null ? null : new DrawCheck.Receipt(text, of.at("receiptKey").text(), of.at("user").text());
    }

    @Test
    void eachCheckOfADrawIsPassedFailedOrNotMade() {
        List<Data> draws = Vectors.ALL.at("draws").list();
        assertTrue(draws.size() > 20);
        for (Data one : draws) {
            String name = one.at("name").text();
            DrawCheck found = DrawCheck.of(one.at("document"), one.at("entries").text(), receipt(one));
            assertEquals(one.at("verdict").text(), found.verdict().toString(), name);
            Map<String, String> checks = new TreeMap<>();
            found.checks().forEach((check, outcome) -> checks.put(check, outcome.toString()));
            assertEquals(one.at("checks").value(), checks, name);
            assertEquals(one.at("order").isNull(), found.order() == null, name);
            if (found.order() != null) {
                assertEquals(one.at("order").toString(), Json.write(found.order()), name);
            }
            assertEquals(one.at("ticket").value(), found.ticket(), name);
        }
    }

    @Test
    void aDocumentWithoutADrawAndAKeyThatIsNoneAreRefused() {
        Data draw = Vectors.ALL.at("draws", 0, "document");
        for (String document : List.of("{\"line\":\"gate:shoes\"}", "{\"draw\":{\"seed\":\"00\"}}")) {
            Data read = Data.read(document);
            assertThrows(IllegalArgumentException.class, () -> DrawCheck.of(read, null, null), document);
        }
        DrawCheck.Receipt short32 = new DrawCheck.Receipt("a.b", "short", null);
        assertThrows(IllegalArgumentException.class, () -> DrawCheck.of(draw, null, short32));
        assertThrows(IllegalArgumentException.class, () -> DrawCheck.of(draw, "short\n", null));
    }
}
