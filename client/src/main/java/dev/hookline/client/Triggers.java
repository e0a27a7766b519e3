package dev.hookline.client;

/**
 * The business events that a hub knows, each with a method of its own.
 *
 * @param <R> what a method answers: {@link Published} where events are sent at once, {@link Batch} where they are kept
 */
public abstract sealed class Triggers<R> permits Hookline, Batch {
    private final Payments<R> payments = new Payments<>(this::put);
    private final Customers<R> customers = new Customers<>(this::put);
    private final SalesOrders<R> salesOrders = new SalesOrders<>(this::put);
    private final Invoices<R> invoices = new Invoices<>(this::put);
    private final Inventory<R> inventory = new Inventory<>(this::put);
    private final Documents<R> documents = new Documents<>(this::put);
    private final Errors<R> errors = new Errors<>(this::put);
    private final PurchaseOrders<R> purchaseOrders = new PurchaseOrders<>(this::put);

    abstract R put(Event event);

    public Payments<R> payments() {
        return payments;
    }

    public Customers<R> customers() {
        return customers;
    }

    public SalesOrders<R> salesOrders() {
        return salesOrders;
    }

    public Invoices<R> invoices() {
        return invoices;
    }

    public Inventory<R> inventory() {
        return inventory;
    }

    public Documents<R> documents() {
        return documents;
    }

    public Errors<R> errors() {
        return errors;
    }

    public PurchaseOrders<R> purchaseOrders() {
        return purchaseOrders;
    }
}
