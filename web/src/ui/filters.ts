import { useSearchParams } from "wouter";

/** What is chosen stands in the address: it can be shared and survives a reload. A choice leaves no step in the history. */
export function useFilters() {
  const [search, setSearch] = useSearchParams();

  const choose = (choices: Record<string, string | null>) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(choices)) {
          if (value) after.set(name, value);
          else after.delete(name);
        }
        return after;
      },
      { replace: true },
    );

  return {
    search,
    set: (name: string, value: string | null) => choose({ [name]: value }),
    clear: (...names: string[]) => choose(Object.fromEntries(names.map((name) => [name, null]))),
  };
}
