package org.example.bank;

import java.util.List;

/**
 * An account.
 */
@Entity
@Table(name = "account")
public class Account<T extends Money> extends Base implements Comparable<Account<T>> {

    private static final int LIMIT = 10, OTHER = 11;

    // What is in it.
    private T balance;

    public Account(T balance) {
        this.balance = balance;
    }

    @Override
    public int compareTo(Account<T> other) {
        Runnable local = new Runnable() {
            public void run() {}
        };
        return 0;
    }

    <E extends Exception> void withdraw(T amount)
            throws E {
    }

    void withdraw(T amount, String why) {}

    public enum Kind {
        CHECKING("c"),
        SAVINGS {
            @Override
            int rate() { return 2; }
        };

        int rate() { return 1; }
    }

    interface Listener {
        int VERSION = 1;
        void changed(Account<?> account);
        default void closed() {}
    }

    record Point(int x, int y) {
        Point {
            assert x > 0;
        }
    }

    @interface Audited {
        String value() default "";
    }
}
