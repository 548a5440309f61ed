package onsale.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void whatIsReadIsWrittenAlike() {
        for (String text : List.of(
                "{}",
                "[]",
                "null",
                "{\"b\":1,\"a\":[true,false,null,-7,2.5]}",
                "\"가 \\\" \\\\ \\n \\t \\u0001 / \\b\\f\\r\"",
                "1234567890123456")) {
            assertEquals(text, Json.write(Json.read(text)));
        }
        assertEquals("가\uD83D\uDE00", Json.read(" \"\\uac00\\ud83d\\ude00\" "));
        assertEquals("[1,\"a\",{\"k\":null}]", Json.write(Arrays.asList(1, "a", new Data(Json.read("{\"k\":null}")))));
        assertEquals("{\"n\":100000000000.5}", Json.write(Map.of("n", 100000000000.5)));
    }

    @Test
    void whatIsNoJsonIsRefused() {
        for (String text : List.of(
                "", "{", "[1", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{\"a\":1,\"a\":2}", "01", "1.", "+1", "tru", "nul",
                "\"a", "\"\\x\"", "\"\\u12\"", "\"\n\"", "1 2", "[".repeat(5_000))) {
            assertThrows(IllegalArgumentException.class, () -> Json.read(text), text);
        }
    }
}
