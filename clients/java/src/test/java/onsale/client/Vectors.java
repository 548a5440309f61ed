package onsale.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Signed texts with what must be found in them; the other clients read the same ones. */
final class Vectors {
    /** From the folder of the project, where Maven runs the tests. */
    static final Data ALL = read(Path.of("../vectors/vectors.json"));

    private Vectors() {}

    static Data read(Path file) {
        try {
            return Data.read(Files.readString(file));
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
