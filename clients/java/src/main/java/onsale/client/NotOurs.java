package onsale.client;

/** A text that is not signed by these keys, or not written as the server writes it. */
public final class NotOurs extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Fault {
        /** Not written as the server writes it. */
        FORM,
        /** Signed by a key that is not known here. */
        UNKNOWN_KEY,
        /** Not signed by the key that it names. */
        SIGNATURE
    }

    private final Fault fault;

    NotOurs(Fault fault) {
        super(fault.name());
        this.fault = fault;
    }

    /** Why. */
    public Fault fault() {
        return fault;
    }
}
