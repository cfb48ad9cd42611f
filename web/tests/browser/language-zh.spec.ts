import { readsWellIn } from "./checks/languages";

readsWellIn("zh");
