package onsale.client;

/** An answer that is no success. */
public final class OnsaleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Reply reply;

    OnsaleException(Reply reply) {
        super(told(reply));
        this.reply = reply;
    }

    private static String told(Reply reply) {
        String message = reply.data().at("message").text();
        String code = reply.code() == null ? "" : " " + reply.code();
        String told = reply.status() == 0 ? "the server was not reached" : reply.status() + code;
        return message == null ? told : told + ": " + message + " (trace " + reply.traceId() + ")";
    }

    /** The answer. */
    public Reply reply() {
        return reply;
    }

    /** Its status; 0: the server was not reached. */
    public int status() {
        return reply.status();
    }

    /** Its code, such as {@code SOLD_OUT}; null without one. */
    public String code() {
        return reply.code();
    }
}
