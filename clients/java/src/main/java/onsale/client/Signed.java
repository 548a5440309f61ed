package onsale.client;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Signed texts: two parts in base64url without padding, with a dot between. Each text has one form alone.
 *
 * @param first the first part as it is written
 * @param content its bytes
 * @param signature the signature
 */
record Signed(String first, byte[] content, byte[] signature) {
    private static final int SIGNATURE_BYTES = 64;
    /** What stands before the 32 bytes of a key in the form that the JDK reads (RFC 8410). */
    private static final byte[] KEY_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

    static Signed read(String text) throws NotOurs {
        int dot = text.indexOf('.');
        if (dot < 0) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
        String first = text.substring(0, dot);
        Signed read = new Signed(first, decoded(first), decoded(text.substring(dot + 1)));
        if (read.signature.length != SIGNATURE_BYTES) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
        return read;
    }

    /** The bytes of base64url. Padding, and bits that no byte needs, are refused: a text would have a second form. */
    static byte[] decoded(String part) throws NotOurs {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(part);
            if (Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
                return bytes;
            }
        } catch (IllegalArgumentException noBase64) {
            // As any other text that is none of ours.
        }
        throw new NotOurs(NotOurs.Fault.FORM);
    }

    /** The content as text. */
    String text() throws NotOurs {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException noText) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
    }

    /** Whether this key has signed these bytes. */
    boolean isSigned(PublicKey key, byte[] signed) {
        try {
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(key);
            check.update(signed);
            return check.verify(signature);
        } catch (SignatureException malformed) {
            return false;
        } catch (GeneralSecurityException without) {
            throw new IllegalStateException(without);
        }
    }

    /** A key of 32 bytes. Throws IllegalArgumentException for anything else. */
    static PublicKey key(byte[] bytes) {
        if (bytes.length != 32) {
            throw new IllegalArgumentException("a public key has 32 bytes");
        }
        byte[] whole = ByteBuffer.allocate(KEY_HEAD.length + bytes.length).put(KEY_HEAD).put(bytes).array();
        try {
            return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(whole));
        } catch (GeneralSecurityException malformed) {
            throw new IllegalArgumentException("not a public key of Ed25519", malformed);
        }
    }

    static byte[] sha256(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException without) {
            throw new IllegalStateException(without);
        }
    }
}
