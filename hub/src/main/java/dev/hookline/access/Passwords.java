package dev.hookline.access;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import java.util.concurrent.Semaphore;

/**
 * Argon2id with 19 MiB, two passes and one lane, the smallest setting that OWASP's password storage guide recommends. One
 * runs at a time, so that a flood of logins takes neither the memory nor both cores. Blocks; never call it on an event loop.
 */
public final class Passwords {
    private static final Argon2Function ARGON2 = Argon2Function.getInstance(19_456, 2, 1, 32, Argon2.ID);

    private final Semaphore atOnce = new Semaphore(1, true);

    /** Of a random text that nobody kept. */
    private static final String HASH_OF_NOBODY =
            "$argon2id$v=19$m=19456,t=2,p=1$gvSi9RIN4Tx1iunWAoh8rA$HH3NNaPN2FlnZyGaLG3v5K2hurU0mUgnwfGjEtQa/xA";

    public String hash(String password) {
        atOnce.acquireUninterruptibly();
        try {
            return Password.hash(password).addRandomSalt(16).with(ARGON2).getResult();
        } finally {
            atOnce.release();
        }
    }

    boolean matches(String password, String hash) {
        atOnce.acquireUninterruptibly();
        try {
            return Password.check(password, hash).with(Argon2Function.getInstanceFromHash(hash));
        } finally {
            atOnce.release();
        }
    }

    /** Takes as long as a check for a user that exists, so that time does not tell which names do. */
    void pretend(String password) {
        boolean _ = matches(password, HASH_OF_NOBODY);
    }
}
