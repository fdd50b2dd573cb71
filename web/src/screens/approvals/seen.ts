import { useEffect, useRef, useState } from "react";

/** Whether what stands on the screen became another version since the person came: these screens ask again by
 * themselves, and nobody may decide about words that were changed under their eyes without being told. */
export function useChanged(version: number | undefined): [boolean, () => void] {
  const seen = useRef<number | undefined>(undefined);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (version === undefined) return;
    if (seen.current !== undefined && seen.current !== version) setChanged(true);
    seen.current = version;
  }, [version]);
  return [changed, () => setChanged(false)];
}
