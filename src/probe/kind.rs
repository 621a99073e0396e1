//! The kinds of probes: what each needs of an API and what can be set. Pure; the experiments themselves lie beside it.

use serde::{Deserialize, Serialize};

/// A number that an author may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its key in `probes.toml`.
    pub name: &'static str,
    /// Without the key.
    pub default: u32,
    /// Smallest and largest.
    pub bounds: (u32, u32),
}

const fn setting(name: &'static str, default: u32, bounds: (u32, u32)) -> Setting {
    Setting { name, default, bounds }
}

/// Defines the kinds: their names, the operations that they call, and their settings.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, needs $needs:expr, sets [$($name:literal = $default:literal in $low:literal..=$high:literal),*];)*) => {
        /// What a probe does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable string.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The operations that it calls, by role.
            pub const fn needs(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$needs,)* }
            }

            /// What can be set.
            pub const fn settings(self) -> &'static [Setting] {
                match self { $(Self::$variant => const { &[$(setting($name, $default, ($low, $high)),)*] },)* }
            }
        }
    };
}

kinds! {
    /// Concurrent additions to a counter: none may be lost, and it never goes below zero.
    Counter = "counter", needs ["create", "read", "add"],
        sets ["rounds" = 20 in 1..=200, "clients" = 20 in 2..=24, "steps" = 5 in 1..=20];
    /// Concurrent changes with one `If-Match`: exactly one may win.
    Swap = "swap", needs ["create", "read", "replace"],
        sets ["rounds" = 80 in 1..=500, "clients" = 10 in 2..=24, "wins" = 5 in 1..=50];
    /// More orders than stock, freely and held at the price: never more than the stock is sold.
    Oversell = "oversell", needs ["create", "read", "take"],
        sets ["rounds" = 40 in 0..=200, "clients" = 20 in 2..=24, "barrier_rounds" = 24 in 1..=100, "barrier_clients" = 6 in 2..=16];
    /// Concurrent creations of what may exist once.
    Unique = "unique", needs ["create", "register", "login"],
        sets ["rounds" = 60 in 1..=500, "clients" = 16 in 2..=24, "account_rounds" = 3 in 0..=50, "account_clients" = 6 in 2..=24];
    /// Reads through one replica after acknowledged writes through the other, with a linearizability check.
    Freshness = "freshness", needs ["create", "read", "replace", "add"],
        sets ["rounds" = 100 in 1..=500, "clients" = 4 in 2..=8, "steps" = 20 in 1..=100];
    /// A read that is released the moment an acknowledgement arrives must see the change.
    Acknowledged = "acknowledged", needs ["create", "read", "add", "take", "read-order", "remove", "register", "login"],
        sets ["rounds" = 200 in 1..=1000];
    /// Gated duplicates of one key: one effect, one result.
    Duplicates = "duplicates", needs ["create", "read", "take"],
        sets ["rounds" = 30 in 1..=200, "clients" = 20 in 2..=24];
    /// A duplicate while the first waits for its price, and a client that goes away meanwhile.
    InProgress = "in-progress", needs ["create", "read", "take"],
        sets ["rounds" = 2 in 1..=20];
    /// Keys across a restart, and the key of a request whose process was killed.
    KeyRestart = "key-restart", needs ["create", "read", "take"],
        sets ["free_within_ms" = 30000 in 1000..=120000];
    /// Other endpoints while orders wait for their prices.
    Waiting = "waiting", needs ["create", "read", "add", "take", "list"],
        sets ["orders" = 16 in 1..=24, "rounds" = 2 in 1..=10, "median_ms" = 500 in 1..=10000];
    /// A pricing service that hangs, drips or is slow.
    SlowUpstream = "slow-upstream", needs ["create", "read", "take"],
        sets ["answer_ms" = 8000 in 1000..=60000];
    /// A pricing service that fails, lies or redirects.
    BrokenUpstream = "broken-upstream", needs ["create", "read", "take"],
        sets ["calls" = 3 in 1..=20];
    /// `kill -9` under load: what was acknowledged is there, and nothing is half done.
    Crash = "crash", needs ["create", "read", "add", "take", "read-order"],
        sets ["rounds" = 3 in 1..=10, "clients" = 8 in 2..=16, "acks" = 100 in 10..=1000];
    /// SIGTERM with a request in flight.
    Stop = "stop", needs ["create", "read", "take"],
        sets ["waiting" = 3 in 1..=16];
    /// Steady load of a mix of requests, each at its moment.
    Load = "load", needs ["create", "read", "add", "take", "list-plain"],
        sets ["rate" = 40 in 1..=500, "seconds" = 5 in 1..=60];
    /// The time of a list by its length, against that of a plain list.
    Scaling = "scaling", needs ["create", "take", "list", "list-plain"],
        sets ["rows" = 200 in 50..=1000, "calls" = 9 in 3..=50, "ratio_percent" = 500 in 100..=10000, "row_us" = 80 in 1..=100000];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_defaults_are_within_bounds() {
        for kind in Kind::ALL {
            let text = serde_json::to_string(kind).expect("serializes");
            assert_eq!(text, format!("\"{}\"", kind.code()));
            assert_eq!(serde_json::from_str::<Kind>(&text).expect("parses"), *kind);
            for setting in kind.settings() {
                assert!((setting.bounds.0..=setting.bounds.1).contains(&setting.default), "{kind:?} {}", setting.name);
            }
        }
    }
}
